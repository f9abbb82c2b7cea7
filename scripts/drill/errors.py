"""What a drill tells its user without a traceback."""

from scripts.errors import UserError


class DrillError(UserError):
    """The drill cannot be held, or could not go on."""
