"""When what failed is tried again."""

import random
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

FIRST_PAUSE = 0.5  # seconds after a failure at most; doubled by every further one
LONGEST_PAUSE = 5.0


def pause_after(failures: int) -> float:
    """Return the seconds to wait after so many failures in a row: exponential, with full jitter."""
    return jittered(failures, FIRST_PAUSE, LONGEST_PAUSE)


def jittered(failures: int, first: float, longest: float) -> float:
    """Return a random pause: at most `first` seconds, doubled by every further failure, up to `longest`."""
    return random.uniform(0, min(longest, first * 2 ** min(failures - 1, 16)))  # noqa: S311 - spreads load


class Backoff(Generic[K]):
    """Remembers of each of many things how often it failed in a row, and until when it is left alone."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: dict[K, int] = {}
        self._until: dict[K, float] = {}

    def failed(self, key: K) -> None:
        """Leave it alone for a while, longer than after the failure before."""
        self._failures[key] = self._failures.get(key, 0) + 1
        self._until[key] = self._clock() + pause_after(self._failures[key])

    def succeeded(self, key: K) -> None:
        """Forget its failures."""
        self._failures.pop(key, None)
        self._until.pop(key, None)

    def waits(self, key: K) -> bool:
        """Tell whether it is to be left alone now."""
        return self._until.get(key, 0.0) > self._clock()

    def waiting(self) -> list[K]:
        """Return all that are to be left alone now."""
        now = self._clock()
        return [key for key, until in self._until.items() if until > now]
