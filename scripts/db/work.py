"""What an operator has done to the databases."""

from collections.abc import Callable
from dataclasses import dataclass

from asyncpg import UndefinedTableError

from app.orders.sharding import TABLES
from app.platform import ownership, partitions
from app.platform.database import ReadSession
from app.platform.directory import Directory
from app.platform.election import AdvisoryLockElection
from app.platform.fencing import DeposedError
from app.platform.partitions import Change, Maintenance, PartitionsError
from app.platform.resharding import Move, MoveLostError, Mover, ReshardingError, plan
from app.platform.slots import SLOTS, placed, slot_of_key
from app.retention import FAMILIES
from scripts.db.errors import DbError
from scripts.db.plans import Comparison, compared
from scripts.db.queries import Ask, Samples
from scripts.db.reach import Reach
from scripts.db.state import Part, parts_of


@dataclass(frozen=True, kw_only=True)
class Resharded:
    """How many of all slots moved."""

    shards: int
    slots: int
    moved: int
    share: float


async def parts(reach: Reach, shard: int) -> list[Part]:
    """Return the partitions of a shard.

    Raises:
        DbError: there is no such shard.
    """
    if shard not in reach.shards:
        raise DbError(f"there is no shard {shard}. There are: {', '.join(map(str, reach.shards))}.")
    async with reach.connection(shard) as connection:
        return [part for family in FAMILIES for part in await parts_of(connection, family)]


async def maintain_all(reach: Reach) -> dict[int, list[Change]]:
    """Look after the partitions of every shard; return what was changed.

    Raises:
        DbError: rows are in the way.
    """
    changes = {}
    async with reach.databases() as databases:
        for number, database in databases.items():
            election = AdvisoryLockElection(database, partitions.LOCK)
            try:
                changes[number] = await Maintenance(database, election, FAMILIES).once()
            except (PartitionsError, DeposedError) as error:
                raise DbError(f"shard {number}: {error}") from error
    return changes


async def reshard_to(reach: Reach, count: int, moved: Callable[[int, int], None]) -> Resharded:
    """Move slots to where consistent hashing, or a hand, wants them among shards 1 to `count`.

    `moved` is told how many of how many slots have moved, each time that one has.

    Raises:
        DbError: there are fewer shards, one of them has no tables, or another mover is at work.
    """
    missing = [number for number in range(1, count + 1) if number not in reach.shards]
    if missing:
        raise DbError(
            f"shard {missing[0]} is not known: there are {len(reach.shards)}. Deploy it first "
            "(database.shards), or add its address to DATABASE_SHARDS."
        )
    wanted = await _wanted(reach, count)
    async with reach.databases() as databases:
        if len(databases) == 1:
            return Resharded(shards=1, slots=SLOTS, moved=0, share=0.0)
        mover = Mover(databases, TABLES)
        done = 0

        def count_one(_: Move) -> None:
            nonlocal done
            done += 1
            moved(done, total)

        try:
            owners = ownership.owners(await mover.slots())
            total = len(plan({slot: number for slot, (number, _) in owners.items()}, wanted)) if owners else 0
            moved(0, total)
            await mover.reshard(wanted, count_one)
        except UndefinedTableError as error:
            raise DbError("a shard has no tables. Run the migrations: they found the shards.") from error
        except ReshardingError as error:
            raise DbError(str(error)) from error
        except MoveLostError as error:
            raise DbError("another mover is at work. Wait for it, and run this again.") from error
    return Resharded(shards=count, slots=SLOTS, moved=done, share=done / SLOTS)


async def _wanted(reach: Reach, count: int) -> list[int]:
    """Return the shard of each slot: what consistent hashing says, but for keys that were placed by hand.

    Raises:
        DbError: a key was placed on a shard that is to hold nothing.
    """
    wanted = placed(range(1, count + 1))
    table = reach.shards[1].shard_directory
    placements = (await Directory(reach.aws, table).contents(fresh=True)).placements if table else {}
    for key, shard in placements.items():
        if not 1 <= shard <= count:
            raise DbError(f"{table} places {key} on shard {shard}, which is not one of 1 to {count}.")
        wanted[slot_of_key(key)] = shard
    return wanted


async def explained(reach: Reach, ask: Ask, *, anyway: bool) -> Comparison:
    """Explain a query with its indexes and without them, on the first shard.

    Raises:
        DbError: it is not on this machine, and nobody said that this does not matter.
    """
    if not reach.is_laptop and not anyway:
        raise DbError(
            f"{reach.shards[1].writer} is not on this machine. This locks tables while it tries how it "
            "is without their indexes: requests would wait. If nobody minds, say --anyway."
        )
    async with reach.connection(1) as connection:
        samples = await Samples.of(ReadSession(connection))  # type: ignore[arg-type] # as good as a pool's
        return await compared(connection, ask, samples)
