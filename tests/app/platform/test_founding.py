"""Founding shards: every slot gets one owner, whatever was there and whoever comes again."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import pytest

from app.platform import ownership
from app.platform.founding import found
from app.platform.settings import Settings
from app.platform.shards import Shards
from app.platform.slots import SLOTS, placed
from scripts.local.runtime.servers import postgres
from tests.app.fleet import Fleet, fleet_of, write_order


@pytest.fixture
async def fleet(
    settings: Settings, primary: postgres.Running, five_databases: list[str]
) -> AsyncIterator[Fleet]:
    """Three databases that know of no slots."""
    async with fleet_of(five_databases[:3], settings, primary) as made:
        yield made


async def owners(fleet: Fleet) -> list[int]:
    rows = await fleet.everywhere("SELECT slot FROM shard_slots WHERE state = 'owned'")
    assert len(rows) == SLOTS
    found = {row["slot"]: number for number, row in rows}
    return [found[slot] for slot in range(SLOTS)]


async def test_empty_shards_have_their_share_at_once(fleet: Fleet) -> None:
    await found(fleet.databases)

    assert await owners(fleet) == placed([1, 2, 3])


async def test_a_database_with_rows_keeps_everything_until_it_is_resharded(fleet: Fleet) -> None:
    await Shards.of(fleet.databases[1]).write(7, partial(write_order, slot=7))

    await found(fleet.databases)

    assert await owners(fleet) == [1] * SLOTS


async def test_many_instances_that_found_at_once_found_once(fleet: Fleet) -> None:
    await asyncio.gather(*(found(fleet.databases) for _ in range(4)))
    await found(fleet.databases)

    assert await owners(fleet) == placed([1, 2, 3])


async def test_whoever_died_after_the_first_shard_is_succeeded(fleet: Fleet) -> None:
    async with fleet.databases[1].transaction() as session:
        await ownership.found(session, placed([1, 2, 3]))

    await found(fleet.databases)

    assert await owners(fleet) == placed([1, 2, 3])


async def test_a_shard_that_comes_later_owns_nothing_yet(fleet: Fleet) -> None:
    await found({number: fleet.databases[number] for number in (1, 2)})

    await found(fleet.databases)

    assert await owners(fleet) == placed([1, 2])
    assert await fleet.databases[3].read(ownership.unfenced, "strong") == []
