"""Records of a stream, and batches of them on their way through the function."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from scripts.local.runtime.functions import Invocation
from scripts.local.runtime.mappings import events


@dataclass(frozen=True, kw_only=True)
class StreamRecord:
    """A record of a shard: `arrival` in seconds since the epoch, `event` as the function gets it."""

    sequence: str
    key: str
    arrival: float
    event: dict[str, Any]

    @cached_property
    def size(self) -> int:
        """Its bytes in an event."""
        return events.size(self.event)


@dataclass(frozen=True, kw_only=True)
class Part:
    """A batch or what is left of it.

    `retries` is how often it was tried again as it is, `invocations` how often its records were handed to the
    function altogether, `last` what came of the last time.
    """

    records: Sequence[StreamRecord]
    retries: int = 0
    invocations: int = 0
    last: Invocation | None = None

    def first(self, count: int) -> "Part":
        """Return the first records of the part."""
        return replace(self, records=self.records[:count])

    def after(self, count: int) -> "Part":
        """Return the part without its first records."""
        return replace(self, records=self.records[count:])

    def halves(self) -> "list[Part]":
        """Split the part in two."""
        middle = len(self.records) // 2
        return [self.first(middle), self.after(middle)]
