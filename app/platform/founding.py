"""The beginning of shards: who owns which slot, written down once, before any moves."""

from collections.abc import Mapping

from app.platform import ownership
from app.platform.database import Database, WriteSession
from app.platform.slots import SLOTS, placed

LOCK = 0x666F756E64  # "found": the advisory lock of whoever founds
# A whole fleet that starts at once waits for one another: longer than the shop waits for rows.
WAITS = "SET LOCAL lock_timeout = '60s'; SET LOCAL statement_timeout = '60s'"


async def found(databases: Mapping[int, Database]) -> None:
    """Have each slot owned by a shard, and all fences on. Repeated, it changes nothing.

    A database that had rows before it became the first shard owns everything: the others get their share by
    resharding. Shards that begin empty have their share at once.

    Raises:
        UnavailableError: a shard is down.
    """
    for number in sorted(databases):
        async with databases[number].transaction() as session:
            await session.execute(WAITS)
            await session.row("SELECT pg_advisory_xact_lock($1)", LOCK)
            await ownership.fence(session, await ownership.unfenced(session))
            if number == 1:  # nobody can write rows now until it is decided where they belong
                has_rows = await _has_rows(session)
                await ownership.found(session, [1] * SLOTS if has_rows else placed(databases))
    given: dict[int, list[int]] = {}
    for said in await databases[1].read(ownership.slots, "strong"):
        if said.epoch == 0 and said.moved_to is not None and said.moved_to in databases:
            given.setdefault(said.moved_to, []).append(said.slot)
    for number, slots in given.items():
        async with databases[number].transaction() as session:
            await ownership.take_over(session, slots, 0)


async def _has_rows(session: WriteSession) -> bool:
    for table in await ownership.tables(session):
        row = await session.row(f"SELECT FROM {table} WHERE slot IS NOT NULL LIMIT 1")
        if row is not None:
            return True
    return False
