"""Moving slots while they are written and read, with movers that die wherever they can."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

import pytest
from asyncpg import Record

from app.orders.sharding import TABLES
from app.platform import ownership, resharding
from app.platform.database import Database, ReadSession, WriteSession
from app.platform.ownership import Slot
from app.platform.partitions import month
from app.platform.resharding import Move, MoveLostError, Mover, ReshardingError, plan
from app.platform.scatter import page
from app.platform.settings import Settings
from app.platform.shards import Shards
from app.platform.slots import SLOTS, placed
from scripts.local.runtime.servers import postgres
from tests.app.fleet import Fleet, fleet_of, write_order
from tests.waiting import until

FOUR = placed(range(1, 5))
FIVE = placed(range(1, 6))
# The steps at which a mover is killed, in the order in which it comes by.
STEPS = [
    "numbered",
    "begun",
    "copied",
    "locked",
    "mended",
    "switched",
    "taken over",
    "half cleared",
    "cleared",
]
MOVING = 12  # slots, in tests that kill: a step is the same for all of them


class Killed(BaseException):
    """The end of a mover, at any line."""


@pytest.fixture
async def fleet(
    settings: Settings, primary: postgres.Running, five_databases: list[str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Fleet]:
    """Four shards with all slots, and a fifth one that has just come."""
    monkeypatch.setattr(resharding, "PAUSE", 0.05)
    async with fleet_of(five_databases, settings, primary) as made:
        await made.found(FOUR)
        yield made


def wanted(count: int) -> list[int]:
    """Return where slots should be: as for five shards, but for the first `count` that this moves only."""
    moving = [slot for slot in range(SLOTS) if FOUR[slot] != FIVE[slot]][:count]
    return [FIVE[slot] if slot in moving else FOUR[slot] for slot in range(SLOTS)]


def moved_slots(count: int) -> list[int]:
    return [move.slot for move in plan(dict(enumerate(FOUR)), wanted(count))]


@dataclass
class Load:
    """Clients that write, change and read orders all the time, and remember what they were promised."""

    shards: Shards
    slots: Sequence[int]
    promised: dict[UUID, str] = field(default_factory=dict)  # id -> status
    deleted: set[UUID] = field(default_factory=set)
    errors: list[BaseException] = field(default_factory=list)
    reads: int = 0

    @asynccontextmanager
    async def running(self, clients: int = 4) -> AsyncIterator[None]:
        stop = asyncio.Event()
        tasks = [asyncio.create_task(self._client(stop, number)) for number in range(clients)]
        try:
            yield
        finally:
            stop.set()
            await asyncio.gather(*tasks)

    async def _client(self, stop: asyncio.Event, number: int) -> None:
        chance = random.Random(number)  # noqa: S311 - a load
        own: list[UUID] = []  # no two clients change the same order
        while not stop.is_set():
            try:
                await self._act(chance, own)
            except Exception as error:  # noqa: BLE001 - whatever a client would have seen
                self.errors.append(error)

    async def _act(self, chance: random.Random, own: list[UUID]) -> None:
        action = chance.random()
        if action < 0.5 or not own:
            slot = chance.choice(self.slots)
            identifier = await self.shards.write(slot, partial(write_order, slot=slot))
            self.promised[identifier] = "placed"
            own.append(identifier)
        elif action < 0.7:
            identifier = chance.choice(own)
            await self.shards.write(slot_of(identifier), partial(change, identifier=identifier))
            self.promised[identifier] = "paid"
        elif action < 0.75:
            identifier = own.pop(chance.randrange(len(own)))
            await self.shards.write(slot_of(identifier), partial(delete, identifier=identifier))
            self.deleted.add(identifier)
            del self.promised[identifier]
        else:
            identifier = chance.choice(own)
            found = await self.shards.read(
                slot_of(identifier), partial(status, identifier=identifier), "strong"
            )
            assert found == self.promised[identifier]
            self.reads += 1


def slot_of(identifier: UUID) -> int:
    return identifier.int >> 64 & (SLOTS - 1)


async def change(session: WriteSession, identifier: UUID) -> None:
    await session.execute("UPDATE orders SET status = 'paid' WHERE id = $1", identifier)
    await session.execute("UPDATE order_lines SET quantity = 2 WHERE order_id = $1", identifier)


async def delete(session: WriteSession, identifier: UUID) -> None:
    await session.execute("DELETE FROM orders WHERE id = $1", identifier)


async def status(session: ReadSession, identifier: UUID) -> str | None:
    row = await session.row("SELECT status FROM orders WHERE id = $1", identifier)
    return None if row is None else str(row["status"])


def routed(fleet: Fleet) -> Shards:
    """A process that was started when there were four shards."""
    known = {number: database for number, database in fleet.databases.items() if number < 5}

    async def learn() -> Mapping[int, Database]:
        return fleet.databases

    return Shards(known, learn)


async def everything_is_there_once(fleet: Fleet, load: Load, owners: Sequence[int]) -> None:
    """Assert that what clients were promised is at its owner, whole, and nowhere else."""
    orders = await fleet.everywhere("SELECT id, slot, status FROM orders")
    assert Counter(row["id"] for _, row in orders) == dict.fromkeys(load.promised, 1)
    assert {row["id"]: row["status"] for _, row in orders} == load.promised
    assert [row for number, row in orders if owners[row["slot"]] != number] == []
    lines = await fleet.everywhere("SELECT order_id, line_no, quantity, slot FROM order_lines")
    assert Counter((row["order_id"], row["line_no"], row["quantity"]) for _, row in lines) == {
        (identifier, line, 2 if status == "paid" else 1): 1
        for identifier, status in load.promised.items()
        for line in (1, 2)
    }
    assert [row for number, row in lines if owners[row["slot"]] != number] == []
    events = await fleet.everywhere("SELECT aggregate_id, slot FROM outbox")
    written = {str(identifier) for identifier in {*load.promised, *load.deleted}}
    assert Counter(row["aggregate_id"] for _, row in events) == dict.fromkeys(written, 1)
    assert [row for number, row in events if owners[row["slot"]] != number] == []


async def test_a_fifth_shard_takes_its_slots_while_everyone_works(fleet: Fleet) -> None:
    load = Load(routed(fleet), range(SLOTS))
    for slot in range(0, SLOTS, 8):  # something to move
        load.promised[await load.shards.write(slot, partial(write_order, slot=slot))] = "placed"
    mover = Mover(fleet.databases, TABLES)

    async with load.running():
        moved = await mover.reshard(FIVE)

    assert load.errors == []
    assert moved / SLOTS <= 0.22
    assert moved == sum(before != after for before, after in zip(FOUR, FIVE, strict=True))
    await everything_is_there_once(fleet, load, FIVE)
    assert await mover.reshard(FIVE) == 0


@pytest.mark.parametrize("step", STEPS)
async def test_a_mover_that_is_killed_loses_nothing_and_the_next_one_goes_on(fleet: Fleet, step: str) -> None:
    moving = moved_slots(MOVING)
    load = Load(routed(fleet), moving)
    for slot in moving * 3:
        load.promised[await load.shards.write(slot, partial(write_order, slot=slot))] = "placed"
    times = {"left": 3}  # each of the first three movers gets that far

    async def kill(at: str, _move: Move) -> None:
        if at == step and times["left"]:
            times["left"] -= 1
            raise Killed

    async with load.running():
        while not await survives(Mover(fleet.databases, TABLES, kill)):
            seen = len(load.promised)  # clients go on while no mover is there
            await until(lambda seen=seen: len(load.promised) >= seen + 5)  # type: ignore[misc] # a lambda's default

    assert times["left"] == 0
    assert load.errors == []
    assert load.reads > 0
    await everything_is_there_once(fleet, load, wanted(MOVING))


async def survives(mover: Mover) -> bool:
    """Let the mover do its work; return whether it lived to see the end."""
    try:
        await mover.reshard(wanted(MOVING))
    except Killed:
        return False
    except BaseExceptionGroup as group:
        if group.subgroup(Killed) is None:
            raise
        return False
    return True


async def test_of_two_movers_at_once_each_row_still_is_there_once(fleet: Fleet) -> None:
    moving = moved_slots(MOVING)
    load = Load(routed(fleet), moving)

    async def until_done() -> None:
        while True:
            with suppress(MoveLostError):
                await Mover(fleet.databases, TABLES).reshard(wanted(MOVING))
                return
            await asyncio.sleep(random.uniform(0, 0.1))  # noqa: S311 - in step, they would never get ahead

    async with load.running():
        await asyncio.gather(until_done(), until_done())

    assert load.errors == []
    await everything_is_there_once(fleet, load, wanted(MOVING))


@pytest.mark.parametrize("step", ["numbered", "begun", "copied", "locked", "mended"])
async def test_a_mover_that_wakes_up_after_another_one_finished_changes_nothing(
    fleet: Fleet, step: str
) -> None:
    [slot] = moved_slots(1)
    move = Move(slot, FOUR[slot], 5)
    shards = routed(fleet)
    asleep, wake = asyncio.Event(), asyncio.Event()

    async def sleep(at: str, _move: Move) -> None:
        if at == step:
            asleep.set()
            await wake.wait()

    await Mover(fleet.databases, TABLES).prepare()
    identifier = await shards.write(slot, partial(write_order, slot=slot))
    sleeper = asyncio.create_task(Mover(fleet.databases, TABLES, sleep).move(move))
    await asleep.wait()
    if step in {"locked", "mended"}:  # it holds the slot's row: the server ends its session
        await fleet.connections[move.source].execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE state = 'idle in transaction' AND datname = current_database()"
        )
    await Mover(fleet.databases, TABLES).move(move)
    await shards.write(slot, partial(change, identifier=identifier))
    wake.set()

    with pytest.raises(MoveLostError):
        await sleeper
    assert await status_at(fleet, 5, identifier) == "paid"
    assert await status_at(fleet, move.source, identifier) is None
    assert await shards.read(slot, partial(status, identifier=identifier), "strong") == "paid"


async def status_at(fleet: Fleet, number: int, identifier: UUID) -> str | None:
    return await fleet.databases[number].read(partial(status, identifier=identifier), "strong")


async def test_slots_go_back_when_a_shard_is_taken_away(fleet: Fleet) -> None:
    moving = moved_slots(MOVING)
    load = Load(routed(fleet), moving)
    mover = Mover(fleet.databases, TABLES)

    async with load.running():
        await mover.reshard(wanted(MOVING))
        await mover.reshard(FOUR)

    assert load.errors == []
    await everything_is_there_once(fleet, load, FOUR)


async def test_a_query_over_all_shards_sees_every_row_once_while_slots_move(fleet: Fleet) -> None:
    moving = moved_slots(MOVING)
    shards = routed(fleet)
    written = sorted([await shards.write(slot, partial(write_order, slot=slot)) for slot in moving * 2])
    seen: list[list[UUID]] = []
    done = asyncio.Event()

    async def watch() -> None:
        while not done.is_set():
            found = await page(shards, all_orders, id_of, 500, "fail")
            seen.append([row["id"] for row in found.rows])

    watcher = asyncio.create_task(watch())
    await Mover(fleet.databases, TABLES).reshard(wanted(MOVING))
    done.set()
    await watcher

    assert seen
    assert all(ids == written for ids in seen)


async def all_orders(session: ReadSession, slots: Sequence[int], limit: int) -> Sequence[Record]:
    return await session.rows(
        "SELECT id, slot FROM orders WHERE slot = ANY($1::smallint[]) ORDER BY id LIMIT $2", slots, limit
    )


def id_of(row: Record) -> UUID:
    found: UUID = row["id"]
    return found


async def test_a_slot_of_many_rows_is_copied_in_batches(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resharding, "BATCH", 3)
    [slot] = moved_slots(1)
    load = Load(routed(fleet), [slot])
    for _ in range(20):
        load.promised[await load.shards.write(slot, partial(write_order, slot=slot))] = "placed"
    before = await fleet.everywhere("SELECT event_id FROM outbox ORDER BY id")

    await Mover(fleet.databases, TABLES).reshard(wanted(1))

    await everything_is_there_once(fleet, load, wanted(1))
    after = await fleet.everywhere("SELECT event_id FROM outbox ORDER BY id")
    assert [row for _, row in after] == [row for _, row in before]  # still in the order of their writing


async def test_the_orders_of_all_months_move(fleet: Fleet) -> None:
    [slot] = moved_slots(1)
    load = Load(routed(fleet), [slot])
    for months in (-300, -1, 0, 1, 300):
        write = partial(write_order, slot=slot, at=month(datetime.now(UTC), months))
        load.promised[await load.shards.write(slot, write)] = "placed"

    await Mover(fleet.databases, TABLES).reshard(wanted(1))

    await everything_is_there_once(fleet, load, wanted(1))


async def test_rows_that_a_dead_mover_left_at_the_target_are_mended(fleet: Fleet) -> None:
    [slot] = moved_slots(1)
    source = FOUR[slot]
    shards = routed(fleet)
    kept, gone = [await shards.write(slot, partial(write_order, slot=slot)) for _ in range(2)]

    async def die(at: str, _move: Move) -> None:
        if at == "copied":
            raise Killed

    with pytest.raises(Killed):
        await Mover(fleet.databases, TABLES, die).move(Move(slot, source, 5))
    await shards.write(slot, partial(change, identifier=kept))
    await shards.write(slot, partial(delete, identifier=gone))
    await Mover(fleet.databases, TABLES).reshard(wanted(1))

    assert await status_at(fleet, 5, kept) == "paid"
    assert await status_at(fleet, 5, gone) is None
    assert await fleet.everywhere("SELECT FROM order_lines WHERE order_id = $1", gone) == []


async def test_slots_that_no_shard_has_are_said_with_the_remedy(fleet: Fleet) -> None:
    await fleet.connections[FOUR[0]].execute("DELETE FROM shard_slots WHERE slot = 0")
    for number in range(1, 5):
        await fleet.connections[number].execute("DELETE FROM shard_slots WHERE slot = 0")

    with pytest.raises(ReshardingError, match=r"1 slots are on no shard, the first of them 0\. Run the migr"):
        await Mover(fleet.databases, TABLES).reshard(FIVE)


def test_a_plan_moves_what_differs_and_takes_turns_among_the_sources() -> None:
    moves = plan({0: 1, 1: 1, 2: 1, 3: 2, 4: 2, 5: 3}, [3, 3, 1, 3, 3, 3])

    assert [move.slot for move in moves if move.source == 1] == [0, 1]
    assert [move.source for move in moves] == [1, 2, 1, 2]
    assert all(move.target == 3 for move in moves)


def test_the_owner_of_a_slot_is_who_says_so_and_else_who_gave_it_up_last() -> None:
    known = {
        1: [Slot(0, "owned", 3), Slot(1, "moved", 1, 2), Slot(2, "cleared", 0, 2)],
        2: [Slot(0, "cleared", 2, 1), Slot(1, "moved", 2, 3), Slot(2, "owned", 0)],
        3: [Slot(0, "incoming", 4), Slot(1, "incoming", 2)],
    }

    assert {slot: number for slot, (number, _) in ownership.owners(known).items()} == {0: 1, 1: 2, 2: 2}


async def test_every_table_that_bears_slots_is_moved(fleet: Fleet) -> None:
    rows = await fleet.connections[1].fetch(
        "SELECT relname AS table_name FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid "
        "WHERE attname = 'slot' AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'shard_slots'"
    )
    fenced = await fleet.databases[1].read(ownership.unfenced, "strong")

    assert {row["table_name"] for row in rows} == {table.name for table in TABLES} == set(fenced)
