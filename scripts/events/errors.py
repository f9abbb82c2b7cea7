"""What keeps `blueprint events` from its work."""

from scripts.errors import UserError


class EventsError(UserError):
    """A bus cannot be reached, or what is wanted of it cannot be done."""
