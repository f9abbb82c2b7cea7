"""How figures were in the last minutes."""

from collections import deque
from collections.abc import Mapping

KEPT = 600.0  # seconds


class History:
    """The figures of every node, by time."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, Mapping[str, Mapping[str, float]]]] = deque()

    def add(self, at: float, figures: Mapping[str, Mapping[str, float]]) -> None:
        """Keep what was measured at a time, in seconds since the epoch."""
        self._samples.append((at, figures))
        while self._samples[0][0] < at - KEPT:
            self._samples.popleft()

    def of(self, node: str) -> dict[str, list[tuple[float, float]]]:
        """Return the values of each figure of a node with their times."""
        found: dict[str, list[tuple[float, float]]] = {}
        for at, figures in self._samples:
            for name, value in figures.get(node, {}).items():
                found.setdefault(name, []).append((at, value))
        return found
