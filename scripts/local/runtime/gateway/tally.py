"""What an API answered in a period: as much as API Gateway's own metrics tell of it."""

from dataclasses import dataclass, field


@dataclass
class Period:
    """The requests of one API: how long each took, in ms; how many were refused (4xx), and failed (5xx)."""

    durations: list[float] = field(default_factory=list)
    refused: int = 0
    failed: int = 0


class Tally:
    """Counts until somebody takes the period."""

    def __init__(self) -> None:
        self._periods: dict[str, Period] = {}

    def note(self, api: str, status: int, milliseconds: float) -> None:
        """Count a request that was answered."""
        period = self._periods.setdefault(api, Period())
        period.durations.append(milliseconds)
        period.refused += 400 <= status < 500
        period.failed += status >= 500

    def take(self) -> dict[str, Period]:
        """Return what was counted by the API's id, and begin anew."""
        taken, self._periods = self._periods, {}
        return taken
