"""What an API answered in a period: as much as API Gateway's own metrics tell of it."""

from dataclasses import dataclass, field


@dataclass
class Period:
    """The requests of one API: how long each took, in ms; how many were refused (4xx), and failed (5xx)."""

    durations: list[float] = field(default_factory=list)
    refused: int = 0
    failed: int = 0

    def note(self, status: int, milliseconds: float) -> None:
        """Count a request that was answered."""
        self.durations.append(milliseconds)
        self.refused += 400 <= status < 500
        self.failed += status >= 500
