"""What a function did in a period: as much as Lambda's own metrics tell of it."""

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

    def note(self, milliseconds: float, *, failed: bool) -> None:
        """Count an invocation that ended."""
        self.durations.append(milliseconds)
        self.errors += failed
