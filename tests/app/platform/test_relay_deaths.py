"""A relay that dies, or stands still, at any of its steps loses nothing, and at most repeats."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

import pytest

from app.platform.database import Database, WriteSession
from app.platform.destinations import Destination, Outgoing
from app.platform.election import AdvisoryLockElection
from app.platform.relay import Relay
from tests.app.platform.test_database import database_of
from tests.app.shop import Arrange
from tests.app.sink import UNPUBLISHED, Sink, happen, until_published
from tests.waiting import until

if TYPE_CHECKING:
    from asyncpg import Connection, Record

LOCK = 535_353
END_HOLDER = """
    SELECT pg_terminate_backend(pid) FROM pg_locks
    WHERE locktype = 'advisory' AND objid = 535353 AND granted
"""
Step = Callable[[], Awaitable[None]]


class Mortal:
    """Lets a relay come as far as a step, and then stand still for ever."""

    def __init__(self, last: int) -> None:
        self._left = last
        self.is_dead = asyncio.Event()

    async def step(self) -> None:
        if self._left == 0:
            self.is_dead.set()
            await asyncio.Event().wait()
        self._left -= 1

    def destination(self, to: Destination) -> Destination:
        """Return a destination where a relay can die before it asks, and before it hears the answer."""

        async def send(events: Sequence[Outgoing]) -> set[int]:
            await self.step()
            accepted = await to.send(events)
            await self.step()
            return accepted

        return replace(to, send=send)


class MortalSession(WriteSession):
    """A session in which a relay can die before and after each statement."""

    def __init__(self, session: WriteSession, step: Step) -> None:
        super().__init__(session._connection)
        self._step = step

    async def rows(self, sql: str, *values: object) -> "Sequence[Record]":
        await self._step()
        found = await super().rows(sql, *values)
        await self._step()
        return found

    async def row(self, sql: str, *values: object) -> "Record | None":
        await self._step()
        found = await super().row(sql, *values)
        await self._step()
        return found

    async def execute(self, sql: str, *values: object) -> None:
        await self._step()
        await super().execute(sql, *values)
        await self._step()


class MortalDatabase(Database):
    """A database in whose sessions, and after whose commits, a relay can die."""

    def __init__(self, database: Database, step: Step) -> None:
        self._database = database
        self._step = step

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[WriteSession]:
        async with self._database.transaction() as session:
            yield MortalSession(session, self._step)
        await self._step()

    async def connect(self) -> "Connection[Record]":
        return await self._database.connect()


@pytest.fixture
async def database(
    variables: dict[str, str], arrange: Arrange, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Database]:
    """The test's database, for relays in a hurry that take one step after the other."""
    monkeypatch.setattr("app.platform.election.RETRY", 0.01)
    monkeypatch.setattr("app.platform.relay.POLL", 0.01)
    monkeypatch.setattr("app.platform.relay.LANES", 1)
    monkeypatch.setattr("app.platform.retries.FIRST_PAUSE", 0.01)
    async with database_of(variables) as found:
        yield found


def relay(database: Database, *destinations: Destination) -> Relay:
    return Relay(database, AdvisoryLockElection(database, LOCK), destinations)


async def test_a_relay_that_dies_at_any_of_its_steps_loses_nothing_and_at_most_repeats(
    database: Database, arrange: Arrange
) -> None:
    for last in count():
        await arrange.connection.execute("TRUNCATE outbox RESTART IDENTITY")
        every, some = Sink(), Sink()
        destinations = [every.destination("every"), some.destination("some", "test.important")]
        await happen(database, [1], aggregate="a", type_="test.important")
        await happen(database, [2], aggregate="a")
        await happen(database, [3])
        mortal = Mortal(last)
        mortals = map(mortal.destination, destinations)
        async with relay(MortalDatabase(database, mortal.step), *mortals).running():
            await mortal.is_dead.wait()
        is_over = await arrange.value(UNPUBLISHED) == 0
        async with relay(database, *destinations).running():
            await until_published(arrange)

        assert set(every.accepted) == {1, 2, 3}
        assert set(some.accepted) == {1}
        assert len(every.accepted) <= 3 + 2  # what one round had sent
        in_order = [number for number in every.accepted if number < 3]
        assert in_order in ([1, 2], [1, 1, 2], [1, 2, 2])
        if is_over:
            break

    assert last > 20


async def test_a_leader_that_stood_still_is_refused_when_it_wakes_up(
    database: Database, arrange: Arrange, caplog: pytest.LogCaptureFixture
) -> None:
    paused, successor = Sink(), Sink()
    wakes = asyncio.Event()

    async def send(events: Sequence[Outgoing]) -> set[int]:
        accepted = await paused.send(events)
        await wakes.wait()
        return accepted

    await happen(database, [1])
    async with relay(database, replace(paused.destination(), send=send)).running():
        await until(lambda: paused.accepted == [1])
        assert await arrange.value(END_HOLDER) is True
        async with relay(database, successor.destination()).running():
            await happen(database, [2])
            await until(lambda: successor.accepted == [2])  # and not what the other has locked
            wakes.set()
            await until_published(arrange)

    assert paused.accepted == [1]
    assert successor.accepted == [2, 1]
    assert "a later term" in str([record.__dict__.get("error") for record in caplog.records])


async def test_two_relays_that_both_think_they_lead_send_no_event_twice(
    database: Database, arrange: Arrange, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def believe(*_: object) -> None:
        """Find no later term."""

    monkeypatch.setattr("app.platform.fencing.guard", believe)
    monkeypatch.setattr("app.platform.relay.PAGE", 3)
    sinks = [Sink(), Sink()]
    async with (
        Relay(database, AdvisoryLockElection(database, LOCK), [sinks[0].destination()]).running(),
        Relay(database, AdvisoryLockElection(database, LOCK + 1), [sinks[1].destination()]).running(),
    ):
        for aggregate in range(10):
            numbers = range(aggregate * 10, aggregate * 10 + 10)
            await happen(database, numbers, aggregate=str(aggregate))
        await until_published(arrange)

    both = sinks[0].accepted + sinks[1].accepted
    assert sorted(both) == list(range(100))
    for sink in sinks:
        for aggregate in range(10):
            own = [number for number in sink.accepted if number // 10 == aggregate]
            assert own == sorted(own)
