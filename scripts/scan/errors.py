"""What keeps a scan from saying anything."""

from scripts.errors import UserError


class ScanError(UserError):
    """A scanner cannot be had, cannot be run or saw nothing, or the exceptions cannot be read."""
