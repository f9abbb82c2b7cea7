"""What ends a rotation."""


class RotationError(Exception):
    """The rotation cannot go on; the message says what to do, and no password."""
