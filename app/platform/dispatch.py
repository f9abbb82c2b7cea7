"""Hands events to their destinations and remembers who has which."""

import logging
import time
from asyncio import Semaphore
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from app.platform.background import together
from app.platform.destinations import Destination, Outgoing
from app.platform.problems import UnavailableError
from app.platform.retries import Backoff

logger = logging.getLogger(__name__)

CALLS = 8  # batches on their way at once
# Seconds after which a round sends no further batch, so that it ends before PostgreSQL ends its transaction
# for standing still (30): a call takes 9 at most.
ROUND = 10.0

Confirm = Callable[[], Awaitable[None]]


class Sent(NamedTuple):
    """What became of events: those that all destinations have, and those that one refused.

    Of the rest, a destination rests or there was no time: nothing is said against them.
    """

    out: list[Outgoing]
    refused: list[Outgoing]


@dataclass(frozen=True)
class _Round:
    confirm: Confirm
    until: float
    spared: set[int] = field(default_factory=set)  # events that some destination was not asked to take


class Dispatch:
    """Sends each event to all of its destinations, and to none of them again that has it."""

    def __init__(self, destinations: Sequence[Destination]) -> None:
        self._destinations = destinations
        self._resting: Backoff[str] = Backoff()  # destinations that took nothing at all
        self._holders: dict[int, set[str]] = {}  # by event that is not settled: who has it
        self._calls = Semaphore(CALLS)

    @property
    def resting(self) -> tuple[str, ...] | None:
        """The types of events that must wait because a destination takes nothing; None where all must."""
        resting = [one for one in self._destinations if self._resting.waits(one.name)]
        if any(one.types is None for one in resting):
            return None
        return tuple(type_ for one in resting for type_ in one.types or ())

    async def send(self, events: Sequence[Outgoing], confirm: Confirm) -> Sent:
        """Send events, which must be of different aggregates.

        `confirm` is asked before each batch; what it raises is raised.
        """
        this = _Round(confirm, time.monotonic() + ROUND)
        await together(*(self._batch(batch, to, this) for to, batch in self._batches(events)))
        missing = [event for event in events if any(self._lacks(to, event) for to in self._destinations)]
        left = {event.id for event in missing}
        return Sent(
            out=[event for event in events if event.id not in left],
            refused=[event for event in missing if event.id not in this.spared],
        )

    def settle(self, events: Iterable[Outgoing]) -> None:
        """Forget who has these events: they are marked."""
        for event in events:
            self._holders.pop(event.id, None)

    def _batches(self, events: Sequence[Outgoing]) -> Iterator[tuple[Destination, list[Outgoing]]]:
        for to in self._destinations:
            for batch in to.batches([event for event in events if self._lacks(to, event)]):
                yield to, batch

    def _lacks(self, to: Destination, event: Outgoing) -> bool:
        return to.wants(event.type) and to.name not in self._holders.get(event.id, ())

    async def _batch(self, batch: Sequence[Outgoing], to: Destination, this: _Round) -> None:
        """Send a batch; halve one that is refused as a whole, until what it is refused for is found."""
        async with self._calls:
            refusal = await self._call(batch, to, this)
        if refusal is None:
            return
        if len(batch) == 1:
            said = {"destination": to.name, "event": batch[0].event_id, "error": str(refusal)}
            logger.error("an event is refused for what it is", extra=said)
            return
        middle = len(batch) // 2
        for half in (batch[:middle], batch[middle:]):
            await self._batch(half, to, this)

    async def _call(self, batch: Sequence[Outgoing], to: Destination, this: _Round) -> Exception | None:
        """Send a batch, note who was accepted, and return why it was refused as a whole, if it was."""
        if self._resting.waits(to.name) or time.monotonic() > this.until:
            this.spared.update(event.id for event in batch)
            return None
        await this.confirm()
        try:
            accepted = await to.send(batch)
        except UnavailableError as error:
            self._resting.failed(to.name)
            this.spared.update(event.id for event in batch)
            said = {"destination": to.name, "error": str(error)}
            logger.warning("a destination takes no events", extra=said)
            return None
        except (ClientError, BotoCoreError) as error:
            return error
        self._resting.succeeded(to.name)
        for id_ in accepted:
            self._holders.setdefault(id_, set()).add(to.name)
        return None
