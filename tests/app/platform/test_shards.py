"""The router: to the owner of a slot, wherever that was last heard to be."""

from collections.abc import AsyncIterator, Mapping
from functools import partial
from uuid import UUID

import pytest

from app.platform import ownership
from app.platform.database import Database, ReadSession, WriteSession
from app.platform.problems import UnavailableError
from app.platform.settings import Settings
from app.platform.shards import Shards
from app.platform.slots import SLOTS
from scripts.local.runtime.servers import postgres
from tests.app.fleet import Fleet, broken, fleet_of, write_order

SLOT = 7
PLACEMENT = [1, 2] * (SLOTS // 2)  # even slots on shard 1, odd ones on shard 2


@pytest.fixture
async def fleet(
    settings: Settings, primary: postgres.Running, five_databases: list[str]
) -> AsyncIterator[Fleet]:
    """Three shards; the third owns nothing."""
    async with fleet_of(five_databases[:3], settings, primary) as made:
        await made.found(PLACEMENT)
        await made.fence()
        yield made


def routed(fleet: Fleet) -> Shards:
    async def learn() -> Mapping[int, Database]:
        return fleet.databases

    return Shards(fleet.databases, learn)


async def order(session: ReadSession, identifier: UUID) -> bool:
    return await session.row("SELECT FROM orders WHERE id = $1", identifier) is not None


async def give(fleet: Fleet, slot: int, source: int, target: int, *, take_over: bool = True) -> None:
    """Move a slot that has no rows, or leave it where the mover died before the target took over."""
    async with fleet.databases[source].transaction() as session:
        epoch = await ownership.begin_leaving(session, slot)
        assert epoch is not None
    async with fleet.databases[target].transaction() as session:
        assert await ownership.expect(session, slot, epoch)
    async with fleet.databases[source].transaction() as session:
        await ownership.locked(session, slot, against="all")
        await ownership.give_up(session, slot, target)
    if take_over:
        async with fleet.databases[target].transaction() as session:
            await ownership.take_over(session, [slot], epoch)


@pytest.mark.parametrize(("slot", "shard"), [(6, 1), (7, 2)])
async def test_a_write_and_a_read_go_to_the_owner(fleet: Fleet, slot: int, shard: int) -> None:
    shards = routed(fleet)

    identifier = await shards.write(slot, partial(write_order, slot=slot))

    assert [(shard, identifier)] == [
        (number, row["id"]) for number, row in await fleet.everywhere("SELECT id FROM orders")
    ]
    assert await shards.read(slot, partial(order, identifier=identifier))


@pytest.mark.parametrize("take_over", [True, False], ids=["taken over", "mover died"])
async def test_whoever_has_an_old_map_is_sent_on_and_does_its_work_once(
    fleet: Fleet, *, take_over: bool
) -> None:
    shards = routed(fleet)
    assert await shards.owner(SLOT) == (2, 0)
    await give(fleet, SLOT, 2, 3, take_over=take_over)

    identifier = await shards.write(SLOT, partial(write_order, slot=SLOT))
    [(number, row)] = await fleet.everywhere("SELECT id FROM orders")

    assert (number, row["id"]) == (3, identifier)
    assert await shards.owner(SLOT) == (3, 1)
    assert await ownership_at(fleet, 3) == "owned"


@pytest.mark.parametrize("take_over", [True, False], ids=["taken over", "mover died"])
async def test_a_reader_with_an_old_map_is_sent_on(fleet: Fleet, *, take_over: bool) -> None:
    shards, other = routed(fleet), routed(fleet)
    assert await shards.owner(SLOT) == (2, 0)
    await give(fleet, SLOT, 2, 3, take_over=take_over)
    identifier = await other.write(SLOT, partial(write_order, slot=SLOT))

    assert await shards.read(SLOT, partial(order, identifier=identifier))


async def test_a_chain_of_moves_is_followed_to_its_end_and_back(fleet: Fleet) -> None:
    shards = routed(fleet)
    await shards.owner(SLOT)
    for source, target in ((2, 3), (3, 1), (1, 2), (2, 3)):
        await give(fleet, SLOT, source, target)

    await shards.write(SLOT, partial(write_order, slot=SLOT))

    assert await shards.owner(SLOT) == (3, 4)


async def test_a_process_learns_of_a_shard_that_is_newer_than_itself(fleet: Fleet) -> None:
    known = {number: fleet.databases[number] for number in (1, 2)}

    async def learn() -> Mapping[int, Database]:
        return fleet.databases

    shards = Shards(known, learn)
    await shards.owner(SLOT)
    await give(fleet, SLOT, 2, 3)

    await shards.write(SLOT, partial(write_order, slot=SLOT))

    assert [number for number, _ in await fleet.everywhere("SELECT FROM orders")] == [3]


async def test_a_shard_that_cannot_be_learned_of_is_not_there_at_the_moment(fleet: Fleet) -> None:
    async def learn() -> Mapping[int, Database]:
        return {}

    shards = Shards({number: fleet.databases[number] for number in (1, 2)}, learn)
    await shards.owner(SLOT)
    await give(fleet, SLOT, 2, 3)

    with pytest.raises(UnavailableError, match="rearranged"):
        await shards.write(SLOT, partial(write_order, slot=SLOT))


async def test_a_writer_that_knows_nothing_of_shards_cannot_write_to_the_wrong_one(fleet: Fleet) -> None:
    plain = Shards.of(fleet.databases[1])

    await plain.write(6, partial(write_order, slot=6))
    with pytest.raises(UnavailableError, match="rearranged"):
        await plain.write(7, partial(write_order, slot=7))

    assert len(await fleet.everywhere("SELECT FROM orders")) == 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE orders SET status = 'paid'",
        "DELETE FROM orders",
        "UPDATE order_lines SET quantity = 2 WHERE line_no = 1",
        "DELETE FROM order_lines",
    ],
)
async def test_what_a_slot_leaves_behind_cannot_be_changed(fleet: Fleet, change: str) -> None:
    shards = routed(fleet)
    await shards.write(SLOT, partial(write_order, slot=SLOT))
    await give(fleet, SLOT, 2, 3)

    with pytest.raises(UnavailableError):
        await Shards.of(fleet.databases[2]).write(SLOT, partial(execute, change))


async def execute(sql: str, session: WriteSession) -> None:
    await session.execute(sql)


async def test_without_fences_one_database_asks_nobody(
    settings: Settings, primary: postgres.Running, five_databases: list[str]
) -> None:
    async with fleet_of(five_databases[:1], settings, primary) as alone:
        shards = Shards.of(alone.databases[1])

        identifier = await shards.write(SLOT, partial(write_order, slot=SLOT))

        assert shards.is_plain
        assert await shards.read(SLOT, partial(order, identifier=identifier))
        assert await alone.connections[1].fetchval("SELECT count(*) FROM shard_slots") == 0


async def test_a_database_computes_the_slot_that_the_id_bears(fleet: Fleet) -> None:
    shards = routed(fleet)
    for slot in (0, 7, 255, 256, SLOTS - 1):
        await shards.write(slot, partial(write_order, slot=slot))

    rows = await fleet.everywhere("SELECT DISTINCT slot FROM orders JOIN order_lines USING (slot)")

    assert sorted(row["slot"] for _, row in rows) == [0, 7, 255, 256, SLOTS - 1]


async def test_an_error_in_the_work_is_the_callers_and_nothing_stays(fleet: Fleet) -> None:
    async def work(session: WriteSession) -> None:
        await write_order(session, SLOT)
        raise LookupError

    with pytest.raises(LookupError):
        await routed(fleet).write(SLOT, work)

    assert await fleet.everywhere("SELECT FROM orders") == []


async def test_a_shard_that_is_down_takes_away_its_slots_and_no_others(
    fleet: Fleet, settings: Settings
) -> None:
    shards = routed(fleet)
    await shards.refresh()
    async with broken(settings) as nowhere:
        without = Shards({1: fleet.databases[1], 2: nowhere}, None)

        await without.write(6, partial(write_order, slot=6))
        with pytest.raises(UnavailableError):
            await without.write(7, partial(write_order, slot=7))


async def ownership_at(fleet: Fleet, number: int) -> str | None:
    return (await fleet.databases[number].read(partial(ownership.slot, number=SLOT), "strong")).state
