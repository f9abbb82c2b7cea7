"""Somebody hears of events that wait in the outbox."""

import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from app.platform import backlog, outbox
from app.platform.database import Database
from app.platform.outbox import Event
from app.platform.problems import UnavailableError
from tests.app.platform.test_database import database_of
from tests.app.shop import Arrange
from tests.waiting import until


@pytest.fixture
async def database(variables: dict[str, str], arrange: Arrange) -> AsyncIterator[Database]:
    async with database_of(variables) as found:
        yield found


async def happened(database: Database, *, minutes_ago: int, slot: int | None = None) -> None:
    """Commit an event of a while ago."""
    when = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    event = Event(type="test.happened", aggregate_id="a", data={}, slot=slot, occurred_at=when)
    async with database.transaction() as session:
        await outbox.append(session, event)


async def test_an_empty_outbox_has_neither_depth_nor_age(database: Database) -> None:
    assert await database.read(outbox.backlog, "strong") == (0, 0)


async def test_the_age_is_that_of_the_oldest_event_that_waits(database: Database, arrange: Arrange) -> None:
    await happened(database, minutes_ago=20)
    await arrange.connection.execute("UPDATE outbox SET published_at = now()")
    await happened(database, minutes_ago=10)
    await happened(database, minutes_ago=5)

    depth, age = await database.read(outbox.backlog, "strong")

    assert depth == 2
    assert 600 <= age < 1_200


async def test_an_event_whose_slot_has_moved_waits_elsewhere(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute("INSERT INTO shard_slots VALUES (3, 'moved', 0, 2)")
    await happened(database, minutes_ago=10, slot=3)

    assert await database.read(outbox.backlog, "strong") == (0, 0)


async def test_the_backlog_is_reported_again_and_again_at_every_level_of_the_log(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(backlog, "INTERVAL", 0.01)
    caplog.set_level(logging.WARNING, "app")
    caplog.handler.setLevel(logging.NOTSET)
    await happened(database, minutes_ago=10)

    async with backlog.reported(database, 7):
        await until(lambda: len(caplog.records) >= 2, patience=30)

    said = vars(caplog.records[0])
    assert (said["msg"], said["shard"], said["outbox_depth"]) == ("outbox", 7, 1)
    assert said["outbox_age"] >= 600


async def test_a_database_that_does_not_answer_ends_no_report(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(backlog, "INTERVAL", 0.01)
    with pytest.MonkeyPatch.context() as away:

        async def down(*_: object) -> None:
            raise UnavailableError("down")

        away.setattr(Database, "read", down)
        async with backlog.reported(database, 0):
            await until(lambda: "the outbox cannot be looked at" in caplog.text)
            away.undo()
            await until(lambda: any(record.msg == "outbox" for record in caplog.records))
