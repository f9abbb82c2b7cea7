"""What keeps `blueprint db` from its work."""

from scripts.errors import UserError


class DbError(UserError):
    """A database cannot be reached, or what is wanted of it cannot be done."""
