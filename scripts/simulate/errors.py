"""What a user can mend."""

from scripts.errors import UserError


class SimulationError(UserError):
    """There is no shop to report to, or it takes no reports."""
