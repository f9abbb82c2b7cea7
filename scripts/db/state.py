"""What the databases say of themselves: shards and their slots, partitions, replicas and how far they are."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from app.platform import ownership, partitions
from app.platform.database import ReadSession
from app.platform.partitions import Family
from app.platform.problems import UnavailableError
from app.platform.slots import SLOTS, placed
from scripts.db.reach import Reach

if TYPE_CHECKING:
    from asyncpg import Connection, Record

SIZES = """
    SELECT pg_class.relname AS name, greatest(reltuples, n_live_tup)::bigint AS rows,
        pg_total_relation_size(pg_class.oid) AS bytes
    FROM pg_class LEFT JOIN pg_stat_user_tables ON relid = pg_class.oid
    WHERE relkind = 'r' AND relnamespace = current_schema::regnamespace
"""
LAG = """
    SELECT pg_last_wal_replay_lsn() AS replayed,
        extract(epoch FROM now() - pg_last_xact_replay_timestamp())::float AS seconds
"""


@dataclass(frozen=True, kw_only=True)
class Shard:
    """A shard: how many slots it owns, the share that consistent hashing gives it, and its orders (about).

    `moves`: slots by what is going on with them, such as `incoming`; nothing when nothing is.
    """

    number: int
    address: str
    slots: int
    share: float
    orders: int
    bytes: int
    moves: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class Replica:
    """A replica and how far it is behind its primary; None where it does not answer.

    `seconds` is the age of the last change that it has replayed, 0 when it has replayed all there is.
    """

    shard: int
    address: str
    bytes: int | None
    seconds: float | None


@dataclass(frozen=True, kw_only=True)
class Part:
    """A partition with its size, or a table that was one: `state` is attached, leaving or detached."""

    table: str
    name: str
    start: datetime | None
    end: datetime | None
    state: str
    rows: int
    bytes: int


async def shards_of(reach: Reach) -> list[Shard]:
    """Return the shards."""
    by_ring = Counter(placed(reach.shards))
    found = []
    for number, settings in reach.shards.items():
        async with reach.connection(number) as connection:
            slots = await ownership.slots(ReadSession(connection))  # type: ignore[arg-type] # as good as a pool's
            sizes = await connection.fetch(SIZES)
            size = await connection.fetchval("SELECT pg_database_size(current_database())")
        states = Counter(slot.state for slot in slots if slot.state is not None)
        found.append(
            Shard(
                number=number,
                address=str(settings.writer),
                slots=states["owned"] if states else SLOTS,
                share=by_ring[number] / SLOTS,
                orders=sum(row["rows"] for row in sizes if row["name"].startswith("orders_")),
                bytes=size,
                moves={state: states[state] for state in ("incoming", "moved") if states[state]},
            )
        )
    return found


async def replicas_of(reach: Reach) -> list[Replica]:
    """Return the replicas of all shards."""
    looks = [
        _replica(reach, number, place)
        for number, settings in reach.shards.items()
        for place in range(len(settings.readers))
    ]
    return await asyncio.gather(*looks)


async def _replica(reach: Reach, shard: int, place: int) -> Replica:
    address = reach.shards[shard].readers[place]
    try:
        async with reach.connection(shard, address) as replica:
            (said,) = await replica.fetch(LAG)
        async with reach.connection(shard) as primary:
            written = await primary.fetchval("SELECT pg_current_wal_lsn()")
    except UnavailableError:
        return Replica(shard=shard, address=str(address), bytes=None, seconds=None)
    behind = max(0, written - said["replayed"])
    seconds = (said["seconds"] or 0.0) if behind else 0.0
    return Replica(shard=shard, address=str(address), bytes=behind, seconds=seconds)


async def parts_of(connection: "Connection[Record]", family: Family) -> list[Part]:
    """Return the partitions of a family's tables, oldest first, and before them what was detached."""
    sizes = {row["name"]: row for row in await connection.fetch(SIZES)}
    attached = {one.name: one for one in await partitions.partitions(connection, family)}
    parts = []
    for table in family.tables:
        for name in sorted(sizes, key=_age):
            if name in attached and attached[name].table == table:
                start, end = attached[name].start, attached[name].end
                state = "leaving" if attached[name].is_leaving else "attached"
            elif partitions.is_month_of(table, name):
                start, end, state = None, None, "detached"
            else:
                continue
            rows, size = sizes[name]["rows"], sizes[name]["bytes"]
            parts.append(
                Part(table=table, name=name, start=start, end=end, state=state, rows=rows, bytes=size)
            )
    return parts


def _age(name: str) -> tuple[int, str]:
    """Sort `past` before all months and `future` after them."""
    return ({"past": 0, "future": 2}.get(name.rpartition("_")[2], 1), name)
