"""Moving slots between shards while they are in use.

A move has these steps, and each may be the last of a process: whoever starts the resharding again goes on.

1. begin: the move gets an epoch at the source; the target expects the slot at this epoch.
2. copy: rows are copied, then compared and mended until little differs; everyone goes on reading and writing.
3. switch: the source's row of the slot is locked, which holds up the slot's writers; the last differences are
   mended, and the source gives the slot up. This commit decides.
4. take over: the target owns the slot.
5. clear: what is left at the source is deleted.

Rows are compared by digests, slot by slot, so there is nothing to write down meanwhile and every step can be
done again. A mover that was taken for dead and comes back changes nothing: its epoch is over, and each of its
transactions asks.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, TypeVar

from app.platform import ownership
from app.platform.database import Database, ReadSession
from app.platform.ownership import Slot
from app.platform.problems import UnavailableError

logger = logging.getLogger(__name__)

T = TypeVar("T")

BATCH = 500  # keys in one transaction at the target, and in one deletion at the source
FEW = 50  # keys that may differ when the source is locked: mended in some milliseconds
ROUNDS = 20  # of comparing before it is locked with more; writes come faster than they are copied
TRIES = 10  # of a step, when a server is busy
PAUSE = 0.5  # seconds between them
AT_ONCE = 4  # moves that run at the same time


class MoveLostError(Exception):
    """Another mover has begun to move the slot, or has moved it."""


class ReshardingError(Exception):
    """Slots are not where they could be moved from; the message says which, and what to do."""


class Move(NamedTuple):
    """One slot's way from the shard that owns it to another."""

    slot: int
    source: int
    target: int


@dataclass(frozen=True, kw_only=True)
class ShardedTable:
    """A table whose rows belong to slots.

    `key` names the rows that are compared and copied together, all of one slot. `of_slot` is the condition
    that selects a slot's rows, with the slot as $1. They are copied in the order of `order`, which each
    database may number for itself.
    """

    name: str
    key: str
    order: str
    of_slot: str = "slot = $1"


Checkpoint = Callable[[str, Move], Awaitable[None]]


async def _pass(_step: str, _move: Move) -> None:
    """Do nothing between two steps; a test ends the mover there."""


def plan(current: Mapping[int, int], wanted: Sequence[int]) -> list[Move]:
    """Return the moves from where slots are to where they should be, spread over the sources."""
    moves = [
        Move(slot, current[slot], target) for slot, target in enumerate(wanted) if current[slot] != target
    ]
    by_source: dict[int, int] = {}
    turns = []
    for move in moves:
        by_source[move.source] = by_source.get(move.source, 0) + 1
        turns.append((by_source[move.source], move))
    return [move for _, move in sorted(turns)]


class Mover:
    """Moves slots. One should run at a time; two of them do no harm and get in each other's way."""

    def __init__(
        self,
        databases: Mapping[int, Database],
        tables: Sequence[ShardedTable],
        checkpoint: Checkpoint = _pass,
    ) -> None:
        """Take the shards by number, and the tables, those that others refer to first."""
        self._databases = databases
        self._tables = tables
        self._checkpoint = checkpoint
        self._columns: dict[str, str] = {}

    async def prepare(self) -> None:
        """Switch the fences of all shards on.

        Raises:
            UnavailableError: a shard is down, or a table was never free for a moment.
        """
        for database in self._databases.values():
            for table in await database.read(ownership.unfenced, "strong"):
                await _patiently(partial(_fence, database, table))

    async def slots(self) -> dict[int, list[Slot]]:
        """Return what each shard knows of slots."""
        return {
            number: await database.read(ownership.slots, "strong")
            for number, database in self._databases.items()
        }

    async def unfinished(self) -> list[tuple[Move, int]]:
        """Return the moves, with their epochs, that were decided and not finished."""
        return [
            (Move(row.slot, number, row.moved_to), row.epoch)
            for number, rows in (await self.slots()).items()
            for row in rows
            if row.state == "moved" and row.moved_to is not None
        ]

    async def reshard(self, wanted: Sequence[int], done: Callable[[Move], None] = lambda _: None) -> int:
        """Move every slot to the shard that `wanted` says, finish what was begun, and return how many moved.

        `done` is told of each slot that was moved.

        Raises:
            ReshardingError: a slot is on no shard.
            MoveLostError: another mover is at work.
            UnavailableError: a shard stays down. What was moved stays moved; start it again later.
        """
        await self.prepare()
        for move, epoch in await self.unfinished():
            await self._finish(move, epoch)
        current = {slot: number for slot, (number, _) in ownership.owners(await self.slots()).items()}
        homeless = [slot for slot in range(len(wanted)) if slot not in current]
        if homeless:
            raise ReshardingError(
                f"{len(homeless)} slots are on no shard, the first of them {homeless[0]}. "
                "Run the migrations: they found the shards."
            )
        moves = plan(current, wanted)
        queue = iter(moves)

        async def work() -> None:
            for move in queue:
                await self.move(move)
                done(move)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(AT_ONCE):
                    group.create_task(work())
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        return len(moves)

    async def move(self, move: Move) -> None:
        """Move one slot.

        Raises:
            MoveLostError: another mover is at work.
            UnavailableError: a shard stays down or busy.
        """
        epoch = await _patiently(partial(self._begin, move))
        await self._checkpoint("begun", move)
        for _ in range(ROUNDS):
            if await _patiently(partial(self._copy, move, epoch)) <= FEW:
                break
        await self._checkpoint("copied", move)
        await _patiently(partial(self._switch, move, epoch))
        await self._checkpoint("switched", move)
        await self._finish(move, epoch)

    async def _begin(self, move: Move) -> int:
        async with self._databases[move.source].transaction() as session:
            epoch = await ownership.begin_leaving(session, move.slot)
        if epoch is None:
            raise MoveLostError(f"shard {move.source} does not own slot {move.slot} any more")
        await self._checkpoint("numbered", move)
        async with self._databases[move.target].transaction() as session:
            if not await ownership.expect(session, move.slot, epoch):
                raise MoveLostError(f"shard {move.target} expects slot {move.slot} from another mover")
        return epoch

    async def _copy(self, move: Move, epoch: int) -> int:
        """Bring the target to what the source has now, and return how many keys differed."""
        async with self._databases[move.source].transaction() as session:
            # All tables as of one moment, so that no line comes without its order.
            await session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            return await self._mend(session, move, epoch)

    async def _switch(self, move: Move, epoch: int) -> None:
        async with self._databases[move.source].transaction() as session:
            # Should this process stand still, the server takes its lock away.
            await session.execute("SET LOCAL idle_in_transaction_session_timeout = '2s'")
            said = await ownership.locked(session, move.slot, against="all")
            if (said.state, said.moved_to, said.epoch) == ("moved", move.target, epoch):
                return  # it was committed, and the answer was lost
            if (said.state, said.epoch) != ("owned", epoch):
                raise MoveLostError(f"another mover has slot {move.slot} at epoch {said.epoch}")
            await self._checkpoint("locked", move)
            await self._mend(session, move, epoch)
            await self._checkpoint("mended", move)
            await ownership.give_up(session, move.slot, move.target)

    async def _finish(self, move: Move, epoch: int) -> None:
        async def take_over() -> None:
            async with self._databases[move.target].transaction() as session:
                await ownership.take_over(session, [move.slot], epoch)

        await _patiently(take_over)
        await self._checkpoint("taken over", move)
        for table in reversed(self._tables):  # those that refer to others first
            while await _patiently(partial(self._delete, table, move, epoch)):
                await self._checkpoint("half cleared", move)

        async def cleared() -> None:
            async with self._databases[move.source].transaction() as session:
                await ownership.cleared(session, move.slot, epoch)

        await _patiently(cleared)
        await self._checkpoint("cleared", move)

    async def _mend(self, source: ReadSession, move: Move, epoch: int) -> int:
        """Make the target's rows of the slot the source's; return how many keys differed."""
        differing = 0
        for table in self._tables:
            theirs = await self.digests(source, table, move.slot)
            async with self._databases[move.target].transaction() as target:
                ours = await self.digests(target, table, move.slot)
            keys = [key for key in {**theirs, **ours} if theirs.get(key) != ours.get(key)]
            for batch in _batches(keys):
                await self._replace(source, table, batch, move, epoch)
            differing += len(keys)
        return differing

    async def _replace(
        self, source: ReadSession, table: ShardedTable, keys: Sequence[object], move: Move, epoch: int
    ) -> None:
        """Put the source's rows in the place of those that the target has of these keys."""
        names = await self._names(source, table)
        rows = await source.rows(
            f"SELECT {names} FROM {table.name} WHERE {table.key} = ANY($1) ORDER BY {table.order}",  # noqa: S608 - names of ours
            keys,
        )
        places = ", ".join(f"${place}" for place, _ in enumerate(names.split(", "), 1))
        async with self._databases[move.target].transaction() as session:
            said = await ownership.locked(session, move.slot, against="movers")
            if (said.state, said.epoch) != ("incoming", epoch):
                raise MoveLostError(f"shard {move.target} has slot {move.slot} at epoch {said.epoch}")
            await ownership.act_for(session, epoch)
            await session.execute(f"DELETE FROM {table.name} WHERE {table.key} = ANY($1)", keys)  # noqa: S608
            await session.execute_many(
                f"INSERT INTO {table.name} ({names}) VALUES ({places})",  # noqa: S608
                [tuple(row) for row in rows],
            )

    async def digests(self, session: ReadSession, table: ShardedTable, slot: int) -> dict[object, bytes]:
        """Return a digest of the rows of each key in the slot, the same on every shard for the same rows."""
        names = await self._names(session, table)
        await session.row("SELECT set_config('timezone', 'UTC', true)")  # the text of a row says times in it
        rows = await session.rows(
            f"""
            SELECT key, sha256(convert_to(string_agg(content, E'\\n' ORDER BY place), 'UTF8')) AS digest
            FROM (
                SELECT {table.key} AS key, {table.order} AS place, ROW({names})::text AS content
                FROM {table.name} WHERE {table.of_slot}
            ) AS found
            GROUP BY key ORDER BY (array_agg(place ORDER BY place))[1]
            """,  # noqa: S608 - names of ours
            slot,
        )
        return {row["key"]: row["digest"] for row in rows}

    async def _names(self, session: ReadSession, table: ShardedTable) -> str:
        """Return the columns that are written: not those that a database computes or numbers by itself."""
        if table.name not in self._columns:
            rows = await session.rows(
                """
                SELECT quote_ident(attname) AS name FROM pg_attribute
                WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped
                AND attgenerated = '' AND attidentity = ''
                ORDER BY attnum
                """,
                table.name,
            )
            self._columns[table.name] = ", ".join(row["name"] for row in rows)
        return self._columns[table.name]

    async def _delete(self, table: ShardedTable, move: Move, epoch: int) -> bool:
        """Delete some rows at the source; return whether there were any."""
        async with self._databases[move.source].transaction() as session:
            said = await ownership.locked(session, move.slot, against="movers")
            if (said.state, said.epoch) != ("moved", epoch):
                return False  # another mover has deleted them, or brings the slot back
            await ownership.act_for(session, epoch)
            deleted = await session.rows(
                f"""
                DELETE FROM {table.name} WHERE {table.key} IN (
                    SELECT {table.key} FROM {table.name} WHERE {table.of_slot} LIMIT {BATCH}
                ) RETURNING 1
                """,  # noqa: S608
                move.slot,
            )
            return bool(deleted)


async def _fence(database: Database, table: str) -> None:
    async with database.transaction() as session:
        await session.execute("SET LOCAL lock_timeout = '500ms'")  # all writers wait behind it
        await ownership.fence(session, [table])


def _batches(keys: Sequence[object]) -> Iterator[Sequence[object]]:
    return (keys[start : start + BATCH] for start in range(0, len(keys), BATCH))


async def _patiently(step: Callable[[], Awaitable[T]]) -> T:
    """Do a step, and again when a server is busy or away for a moment."""
    for _ in range(TRIES - 1):
        try:
            return await step()
        except UnavailableError as error:
            logger.warning("a step of the resharding is tried again", extra={"error": str(error)})
        await asyncio.sleep(PAUSE)
    return await step()
