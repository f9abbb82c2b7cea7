"""What was seen in the last seconds, by node."""

import time
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

LENGTH = 10.0  # seconds that rates and percentiles look back


class Window(Generic[T]):
    """Keeps things for as long as figures look back."""

    def __init__(self) -> None:
        self._seen: list[tuple[float, str, T]] = []

    def add(self, node: str, things: Iterable[T]) -> None:
        """Note things that a node has just told."""
        now = time.monotonic()
        self._seen += [(now, node, thing) for thing in things]

    def all(self) -> Iterator[tuple[str, T]]:
        """Give what is not too long ago, each with its node; and forget the rest."""
        oldest = time.monotonic() - LENGTH
        self._seen = [one for one in self._seen if one[0] >= oldest]
        return ((node, thing) for _, node, thing in self._seen)
