"""A database refuses what an earlier term writes."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from app.platform.database import Database
from app.platform.fencing import DeposedError, guard
from tests.app.platform.test_database import database_of
from tests.app.shop import Arrange
from tests.waiting import until_async

WAITING = """
    SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%leader_terms%'
"""
TERM = "SELECT token FROM leader_terms WHERE duty = $1"


@pytest.fixture
async def database(variables: dict[str, str], arrange: Arrange) -> AsyncIterator[Database]:
    """The test's database."""
    async with database_of(variables) as found:
        yield found


@pytest.fixture
async def duty(arrange: Arrange) -> AsyncIterator[str]:
    """A duty that nobody had before."""
    name = f"test-{uuid4()}"
    yield name
    await arrange.connection.execute("DELETE FROM leader_terms WHERE duty = $1", name)


async def passes(database: Database, duty: str, token: int) -> bool:
    try:
        async with database.transaction() as session:
            await guard(session, duty, token)
    except DeposedError:
        return False
    return True


async def test_an_earlier_term_is_refused_once_a_later_one_was_seen(
    database: Database, arrange: Arrange, duty: str
) -> None:
    assert await passes(database, duty, 3)
    assert await passes(database, duty, 3)
    assert await passes(database, duty, 7)
    assert not await passes(database, duty, 3)
    assert not await passes(database, duty, 6)
    assert await passes(database, duty, 7)
    assert await arrange.value(TERM, duty) == 7


async def test_terms_of_other_duties_do_not_count(database: Database, arrange: Arrange, duty: str) -> None:
    other = f"{duty}-other"
    assert await passes(database, duty, 3)
    assert await passes(database, other, 2)
    await arrange.connection.execute("DELETE FROM leader_terms WHERE duty = $1", other)


async def test_what_is_refused_changes_nothing(database: Database, arrange: Arrange, duty: str) -> None:
    assert await passes(database, duty, 2)
    number = await arrange.product(name="Old")

    async def write() -> None:
        async with database.transaction() as session:
            await session.execute("UPDATE products SET name = 'New'")
            await guard(session, duty, 1)

    with pytest.raises(DeposedError, match=r"a later term \(2\) than this one \(1\) has begun"):
        await write()

    assert await arrange.value("SELECT name FROM products WHERE id = $1", number) == "Old"


async def test_a_later_term_begins_after_what_passed_is_committed(
    database: Database, arrange: Arrange, duty: str
) -> None:
    assert await passes(database, duty, 1)
    async with database.transaction() as session:
        await guard(session, duty, 1)
        later = asyncio.create_task(passes(database, duty, 2))
        await until_async(lambda: arrange.value(WAITING))
        await session.execute("UPDATE products SET name = name")
        assert not later.done()

    assert await later
    assert not await passes(database, duty, 1)


async def test_of_many_terms_at_once_the_latest_remains(
    database: Database, arrange: Arrange, duty: str
) -> None:
    await asyncio.gather(*(passes(database, duty, token) for token in (4, 9, 2, 7, 1, 8)))

    assert await arrange.value(TERM, duty) == 9
