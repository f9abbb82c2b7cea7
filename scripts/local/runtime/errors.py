"""What can go wrong in the local runtime and be mended by its user."""

from scripts.errors import UserError


class LocalRuntimeError(UserError):
    """A missing binary, a taken port, a corrupted artifact, user data that cannot be followed."""
