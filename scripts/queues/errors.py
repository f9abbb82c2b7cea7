"""What can go wrong for reasons that the user can mend."""

from scripts.errors import UserError


class QueuesError(UserError):
    """Queues cannot be looked at, or messages not be moved; the message says why, and what to do."""
