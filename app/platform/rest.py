"""A rest for a server that failed, so that an outage costs one timeout in so many seconds."""

import time


class Rest:
    """Tells whether a server is left alone, for `seconds` after each failure."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until = float("-inf")

    @property
    def is_on(self) -> bool:
        """Whether the server is left alone at the moment."""
        return time.monotonic() < self._until

    def begin(self) -> None:
        """Leave it alone from now on."""
        self._until = time.monotonic() + self._seconds
