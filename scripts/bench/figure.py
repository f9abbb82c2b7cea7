"""What a benchmark measures, and the goal it is held to."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def medians(runs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the median of each part over the runs that have it; names may differ from run to run."""
    names = dict.fromkeys(name for run in runs for name in run)
    return {name: median(run[name] for run in runs if name in run) for name in names}


@dataclass(frozen=True, kw_only=True)
class Goal:
    """A limit on a figure's median (`of="value"`) or on its ratio to the reference (`of="ratio"`)."""

    limit: float
    of: Literal["value", "ratio"] = "value"
    bound: Literal["at most", "at least"] = "at most"

    def is_met_by(self, value: float) -> bool:
        return value <= self.limit if self.bound == "at most" else value >= self.limit

    def text(self, unit: str) -> str:
        sign = "≤" if self.bound == "at most" else "≥"
        return f"{sign} {self.limit:g} {'×' if self.of == 'ratio' else unit}"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure: its samples, those of the reference measured beside it, and the goal.

    `samples` and `reference` are in `unit`; they are paired, run by run, where both are there. `parts` says
    where the figure comes from (a step's seconds, a process's memory), in the figure's unit. `picture` is the
    path of what was drawn of it, without `.png` and `.svg`.
    """

    name: str
    unit: str
    samples: list[float]
    goal: Goal
    reference: list[float] = field(default_factory=list)
    reference_name: str = ""
    parts: dict[str, float] = field(default_factory=dict)
    picture: str = ""

    @property
    def value(self) -> float:
        """The median of the samples."""
        return median(self.samples)

    @property
    def ratio(self) -> float | None:
        """The median of the ratios, pair by pair; None without a reference."""
        if not self.reference:
            return None
        return median(ours / theirs for ours, theirs in zip(self.samples, self.reference, strict=True))

    @property
    def spread(self) -> tuple[float, float]:
        """The lowest and the highest sample."""
        return min(self.samples), max(self.samples)

    @property
    def is_met(self) -> bool:
        judged = self.ratio if self.goal.of == "ratio" else self.value
        if judged is None:
            raise ValueError(f"figure {self.name!r} has a goal on its ratio and no reference")
        return self.goal.is_met_by(judged)

    def to_json(self) -> dict[str, Any]:
        """Return the figure with everything derived from its samples, for machines."""
        derived = {"value": self.value, "ratio": self.ratio, "spread": self.spread, "met": self.is_met}
        return asdict(self) | derived
