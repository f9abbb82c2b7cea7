"""Events that only a number tells apart, and a place for them to go to."""

import json
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

from app.platform import outbox
from app.platform.database import Database
from app.platform.destinations import Destination, Limits, Outgoing
from app.platform.outbox import Event
from tests.app.shop import Arrange
from tests.waiting import until_async

UNPUBLISHED = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
HAPPENED = "test.happened"
LIMITS = Limits(entries=10, total=1_000_000, each=100_000)


class Sink:
    """Keeps the numbers of the events that it is given; `refuse` says which it does not accept, how often."""

    def __init__(self, refuse: dict[int, int] | None = None) -> None:
        self.accepted: list[int] = []
        self.calls = 0
        self._refusals = refuse or {}

    async def send(self, events: Sequence[Outgoing]) -> set[int]:
        self.calls += 1
        accepted = set()
        for event in events:
            number = number_of(event)
            if self._refusals.get(number, 0) > 0:
                self._refusals[number] -= 1
            else:
                self.accepted.append(number)
                accepted.add(event.id)
        return accepted

    def destination(self, name: str = "sink", *types: str) -> Destination:
        """Return it as a destination, of these types or of all."""
        return Destination(name=name, send=self.send, limits=LIMITS, types=frozenset(types) or None)


def number_of(event: Outgoing) -> int:
    """Return what tells the event apart."""
    return int(json.loads(event.payload)["data"]["number"])


def outgoing(number: int, aggregate: str = "", type_: str = HAPPENED, padding: str = "") -> Outgoing:
    """Return an event as the relay reads it."""
    payload = json.dumps({"data": {"number": number, "padding": padding}}, ensure_ascii=False)
    return Outgoing(number, f"event-{number}", aggregate or f"aggregate-{number}", type_, payload)


async def happen(
    database: Database, numbers: Iterable[int], aggregate: str = "", type_: str = HAPPENED
) -> None:
    """Commit events with these numbers, of one aggregate or of one each."""
    async with database.transaction() as session:
        for number in numbers:
            whose = aggregate or f"aggregate-{number}"
            await outbox.append(session, Event(type=type_, aggregate_id=whose, data={"number": number}))


async def until_published(arrange: Arrange) -> None:
    """Wait until nothing is left in the outbox."""
    await until_async(lambda: arrange.value(f"SELECT ({UNPUBLISHED}) = 0"))


@asynccontextmanager
async def claimed(database: Database, *left_alone: str) -> AsyncIterator[list[int]]:
    """Claim events as a relay does, until the block ends."""
    async with database.transaction() as session:
        yield [number_of(event) for event in await outbox.claim(session, 100, left_alone, [])]
