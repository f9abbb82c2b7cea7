"""Throttling by token buckets, as API Gateway describes its own."""

import time
from collections.abc import Callable

from scripts.local.runtime.gateway.api import Throttling


class Throttle:
    """Counts requests against limits, each route for itself.

    "API Gateway throttles requests to your API using the token bucket algorithm, where a token counts for a
    request": the bucket holds `burst` tokens and gains `rate` of them a second.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def admit(self, route: str, limits: Throttling) -> bool:
        """Tell whether the route takes one more request now, and count it."""
        if limits.rate is None and limits.burst is None:
            return True
        rate, now = limits.rate or 0.0, self._clock()
        burst = rate if limits.burst is None else float(limits.burst)
        tokens, since = self._buckets.get(route, (burst, now))
        tokens = min(burst, tokens + (now - since) * rate)
        is_admitted = tokens >= 1
        self._buckets[route] = (tokens - 1 if is_admitted else tokens, now)
        return is_admitted
