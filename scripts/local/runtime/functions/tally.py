"""What functions did in a period: as much as Lambda's own metrics tell of them."""

from dataclasses import dataclass, field


@dataclass
class Period:
    """The invocations of one function.

    Attributes:
        durations: of each that ended, in milliseconds.
        errors: how many of them failed.
        ages: how long ago the last record of each batch of a stream had reached the stream, in milliseconds.
    """

    durations: list[float] = field(default_factory=list)
    errors: int = 0
    ages: list[float] = field(default_factory=list)


class Tally:
    """Counts until somebody takes the period."""

    def __init__(self) -> None:
        self._periods: dict[str, Period] = {}

    def note_invocation(self, function: str, milliseconds: float, *, failed: bool) -> None:
        """Count an invocation that ended."""
        period = self._periods.setdefault(function, Period())
        period.durations.append(milliseconds)
        period.errors += failed

    def note_age(self, function: str, milliseconds: float) -> None:
        """Note how old the last record was of a batch that the function was given."""
        self._periods.setdefault(function, Period()).ages.append(milliseconds)

    def take(self) -> dict[str, Period]:
        """Return what was counted by function, and begin anew."""
        taken, self._periods = self._periods, {}
        return taken
