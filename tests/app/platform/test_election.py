"""One leader at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from app.platform.database import Database
from app.platform.election import AdvisoryLockElection
from app.platform.fencing import DeposedError
from tests.app.platform.candidates import all_lead_in_turn
from tests.app.platform.test_database import database_of
from tests.app.shop import Arrange
from tests.waiting import PATIENCE

KEY = 424_242
END_HOLDER = """
    SELECT pg_terminate_backend(pid) FROM pg_locks
    WHERE locktype = 'advisory' AND objid = 424242 AND granted
"""


@pytest.fixture
async def database(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    """The test's database, for candidates in a hurry."""
    monkeypatch.setattr("app.platform.election.RETRY", 0.02)
    async with database_of(variables) as found:
        yield found


async def test_one_of_many_candidates_leads_and_the_next_follows_when_it_resigns(database: Database) -> None:
    assert await all_lead_in_turn(lambda: AdvisoryLockElection(database, KEY), 5)


async def test_a_leader_that_loses_its_connection_is_deposed_and_replaced(
    database: Database, arrange: Arrange
) -> None:
    async with AsyncExitStack() as later:
        async with AdvisoryLockElection(database, KEY).term() as term:
            await term.confirm()
            assert await arrange.value(END_HOLDER) is True
            successor = await asyncio.wait_for(
                later.enter_async_context(AdvisoryLockElection(database, KEY).term()), PATIENCE
            )
            with pytest.raises(DeposedError):
                await term.confirm()
        await successor.confirm()
    assert await arrange.value(END_HOLDER) is None


async def test_leading_elsewhere_does_not_hinder(database: Database) -> None:
    async with AdvisoryLockElection(database, KEY).term(), AdvisoryLockElection(database, KEY + 1).term():
        pass
