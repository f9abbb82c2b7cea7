"""Waits until nothing is under way any more."""

import time
from collections.abc import Callable, Sequence

from scripts.drill import reading
from scripts.drill.stack import Consumer, Stack

LOOK = 0.5  # seconds
TELL = 10.0  # seconds between two lines about what is still under way
# Seconds between two times that postponed messages are called back. While orders wait for something, as long
# as whatever refuses them needs to go away; once only poison does, as long as a look.
CALLS_BACK = 10.0
CALLS_POISON_BACK = 1.0


class Settling:
    """Waits until outbox and queues are empty; `say` tells people a line."""

    def __init__(self, stack: Stack, consumers: Sequence[Consumer], say: Callable[[str], None]) -> None:
        self._stack = stack
        self._consumers = consumers
        self._say = say

    def settle(self, seconds: float, are_done: Callable[[], bool]) -> bool:
        """Wait until nothing is left, for so many seconds at most; return whether that came about.

        `are_done` tells whether all orders have got what they were promised.
        """
        deadline = time.monotonic() + seconds
        tell = time.monotonic() + TELL
        call_back = time.monotonic() + CALLS_BACK
        quiet = 0
        while quiet < 2:  # twice in a row: what leaves a queue may come to the outbox
            left = self._left()
            quiet = 0 if left else quiet + 1
            now = time.monotonic()
            if now > deadline:
                self._say(f"not settled within {seconds:.0f} s: {left}")
                return False
            if left and now > tell:
                tell = now + TELL
                self._say(f"still under way: {left}")
            if left and now > call_back:
                self._stack.end_postponements()
                call_back = now + (CALLS_POISON_BACK if are_done() else CALLS_BACK)
            time.sleep(LOOK)
        return True

    def _left(self) -> str:
        found = reading.waiting(self._stack, self._consumers)
        return ", ".join(f"{count} in {name}" for name, count in found.items() if count)
