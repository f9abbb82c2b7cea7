"""A bounded rate."""

import re
import time
from collections.abc import Callable

from scripts.queues.errors import QueuesError

FASTEST = 1_000.0  # a second: more is no bound
_RATE = re.compile(r"(\d+(?:\.\d+)?)(?:/s)?", re.ASCII)


class Pace:
    """Lets steps be done at most so often, spread evenly."""

    def __init__(
        self,
        rate: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take the steps a second."""
        self.rate = rate
        self._clock = clock
        self._sleep = sleep
        self._next = float("-inf")

    def step(self) -> None:
        """Wait until the next step may be done."""
        now = self._clock()
        if self._next > now:
            self._sleep(self._next - now)
        self._next = max(self._next, now) + 1 / self.rate


def parsed(text: str) -> float:
    """Read a rate such as `10/s`, `10` or `0.5/s`.

    Raises:
        QueuesError: it is something else, zero, or too fast.
    """
    found = _RATE.fullmatch(text.strip())
    rate = float(found[1]) if found else 0.0
    if not 0.01 <= rate <= FASTEST:
        raise QueuesError(f"--rate {text!r} is no rate: give messages a second, 0.01/s to {FASTEST:g}/s.")
    return rate
