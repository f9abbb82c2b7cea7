"""Counting by name until the end of a period: what the control loops then publish as metrics."""

from collections.abc import Callable
from typing import Generic, TypeVar

P = TypeVar("P")


class Tally(Generic[P]):
    """The periods of several things, each made by `begin` once there is something to count."""

    def __init__(self, begin: Callable[[], P]) -> None:
        self._begin = begin
        self._periods: dict[str, P] = {}

    def of(self, name: str) -> P:
        """Return the period that goes on, to count in it."""
        if name not in self._periods:
            self._periods[name] = self._begin()
        return self._periods[name]

    def take(self) -> dict[str, P]:
        """Return what was counted, by name, and begin anew."""
        taken, self._periods = self._periods, {}
        return taken
