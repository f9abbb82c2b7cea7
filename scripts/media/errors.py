"""What keeps a picture or film from being uploaded."""

from scripts.errors import UserError


class MediaError(UserError):
    """It cannot be uploaded; the message says why, and what to do."""
