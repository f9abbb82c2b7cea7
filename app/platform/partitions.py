"""Tables that are partitioned by month: months are created ahead, and detached once they are old.

There is no default partition: with one, PostgreSQL detaches nothing concurrently, and each new partition
waits for a look through it. Instead the first partition, `past`, has all that is older than the oldest month,
and the last, `future`, all that is newer than the newest. Both are empty as a rule. So there is a place for
every row, also when nobody has looked after the partitions for months: writes never wait for this.
"""

import asyncio
import logging
import random
import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, NamedTuple
from uuid import UUID

from asyncpg import CheckViolationError, Connection, LockNotAvailableError, Record

from app.platform.database import Database
from app.platform.election import Election, Term, leading
from app.platform.identifiers import first_uuid7, time_of
from app.platform.problems import UnavailableError

logger = logging.getLogger(__name__)

LOCK = 0x6D6F6E746873  # "months": the advisory lock of whoever looks after partitions
AHEAD = 3  # months that exist after the current one
EVERY = 6 * 3600.0  # seconds between two looks
AFTER_FAILURE = 60.0  # seconds
# Partitions come and go under a lock on the whole table, held for milliseconds: rather give up than let all
# who want the table wait behind.
LOCK_TIMEOUT = "500ms"

PARTITIONS = """
    SELECT parent.relname AS table, child.relname AS name, inhdetachpending AS is_leaving,
        pg_get_expr(child.relpartbound, child.oid) AS bounds
    FROM pg_inherits
    JOIN pg_class AS parent ON parent.oid = inhparent
    JOIN pg_class AS child ON child.oid = inhrelid
    WHERE parent.relname = ANY($1::text[]) AND parent.relkind = 'p'
    AND parent.relnamespace = current_schema::regnamespace
    ORDER BY 1, 2
"""
BOUND = re.compile(r"\('?(.+?)'?\)")  # FOR VALUES FROM ('a') TO (MAXVALUE)
CLOSE_TIMEOUT = 1.0


class PartitionsError(Exception):
    """Partitions are not as they could be mended; the message says which, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Family:
    """Tables that are partitioned together, month by month.

    `tables`: the column that partitions each of them. A row of a later table belongs to a row of the first,
    and refers to it with that column. The reference is one between two partitions of the same month, so that
    both can be detached without a search for rows that refer to one another.
    `by`: what the columns hold. `keep`: the months before the current one that stay.
    """

    tables: Mapping[str, str]
    by: Literal["uuid7", "time"]
    keep: int

    def bound(self, at: datetime) -> str:
        """Return the lowest key of a time, as SQL."""
        return f"'{first_uuid7(at)}'" if self.by == "uuid7" else f"'{at.isoformat()}'"

    def time(self, bound: str) -> datetime | None:
        """Return the time of which a key is the lowest; None for one without end."""
        if bound in ("MINVALUE", "MAXVALUE"):
            return None
        found = time_of(UUID(bound)) if self.by == "uuid7" else datetime.fromisoformat(bound)
        return found.astimezone(UTC)

    def creation(self, table: str, name: str, start: str, end: str) -> str:
        """Return the SQL that creates a partition."""
        first = next(iter(self.tables))
        reference = f"(FOREIGN KEY ({self.tables[table]}) REFERENCES {first}_{name} ON DELETE CASCADE)"
        return (
            f"CREATE TABLE {table}_{name} PARTITION OF {table} {'' if table == first else reference} "
            f"FOR VALUES FROM ({start}) TO ({end})"
        )


class Partition(NamedTuple):
    """A partition: its rows are from `start` on and before `end`, each None where there is no bound.

    `is_leaving`: its detachment was begun and not finished; queries see it no more.
    """

    table: str
    name: str
    start: datetime | None
    end: datetime | None
    is_leaving: bool


class Change(NamedTuple):
    """What was done to a partition."""

    partition: str
    what: Literal["created", "detached"]


def month(of: datetime, plus: int = 0) -> datetime:
    """Return the start (UTC) of the month that is `plus` months after the time's."""
    year, number = divmod(of.year * 12 + of.month - 1 + plus, 12)
    return datetime(year, number + 1, 1, tzinfo=UTC)


def attachment(table: str, name: str, start: str, end: str) -> str:
    """Return the SQL that makes a table the partition of another."""
    return f"ALTER TABLE {table} ATTACH PARTITION {table}_{name} FOR VALUES FROM ({start}) TO ({end})"


def is_month_of(table: str, name: str) -> bool:
    """Say whether a table is, by its name, a month of another, attached or not."""
    return re.fullmatch(rf"{table}_\d{{4}}_\d{{2}}", name) is not None


async def partitions(connection: "Connection[Record]", family: Family) -> list[Partition]:
    """Return the partitions of the family's tables."""
    found = []
    for row in await connection.fetch(PARTITIONS, list(family.tables)):
        start, end = (family.time(bound) for bound in BOUND.findall(row["bounds"]))
        found.append(Partition(row["table"], row["name"], start, end, row["is_leaving"]))
    return found


async def maintain(
    connection: "Connection[Record]", families: Sequence[Family], now: datetime
) -> list[Change]:
    """Create the months that are near and detach those that are old; return what was changed.

    Repeated, it changes nothing. Wherever it ends early, the next time goes on from there.

    Raises:
        PartitionsError: rows are in the way of the months to be created.
        LockNotAvailableError: a table was never free for a moment; nothing is lost by trying later.
    """
    await connection.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
    changes = []
    for family in families:
        changes += await _create(connection, family, now)
        changes += await _detach(connection, family, now)
        await _close_gap(connection, family)
    return changes


async def _create(connection: "Connection[Record]", family: Family, now: datetime) -> list[Change]:
    """Have a partition for each month up to `AHEAD` months after this one, in all tables or in none."""
    until = month(now, AHEAD + 1)
    start = max(one.start for one in await partitions(connection, family) if one.start)  # that of `future`
    if start >= until:
        return []
    async with connection.transaction():
        for table in family.tables:
            await connection.execute(f"ALTER TABLE {table} DETACH PARTITION {table}_future")
        if await _has_rows_before(connection, family, until):
            created = await _name_future(connection, family, start, until)
        else:
            created = await _add_months(connection, family, start, until)
    return [Change(name, "created") for name in created]


async def _has_rows_before(connection: "Connection[Record]", family: Family, until: datetime) -> bool:
    """Say whether rows have gone into `future` that belong into months to be created."""
    for table, column in family.tables.items():
        sql = f"SELECT FROM {table}_future WHERE {column} < {family.bound(until)} LIMIT 1"
        if await connection.fetchrow(sql) is not None:
            return True
    return False


async def _name_future(
    connection: "Connection[Record]", family: Family, start: datetime, until: datetime
) -> list[str]:
    """Make `future`, which nobody cut into months while rows came, one partition of all these months."""
    name = f"{start:%Y_%m}"
    for table in family.tables:
        await connection.execute(f"ALTER TABLE {table}_future RENAME TO {table}_{name}")
        try:
            await connection.execute(attachment(table, name, family.bound(start), family.bound(until)))
        except CheckViolationError as error:
            raise PartitionsError(
                f"{table}_future has rows of before and after {until:%Y-%m-%d}, so that it can be cut "
                "nowhere. Look for a clock that is wrong, and correct or delete what is from the future."
            ) from error
    for table in family.tables:
        await connection.execute(family.creation(table, "future", family.bound(until), "MAXVALUE"))
    return [f"{table}_{name}" for table in family.tables]


async def _add_months(
    connection: "Connection[Record]", family: Family, start: datetime, until: datetime
) -> list[str]:
    created = []
    while start < until:
        following = month(start, 1)
        for table in family.tables:
            name = f"{start:%Y_%m}"
            await connection.execute(
                family.creation(table, name, family.bound(start), family.bound(following))
            )
            created.append(f"{table}_{name}")
        start = following
    for table in family.tables:
        await connection.execute(attachment(table, "future", family.bound(until), "MAXVALUE"))
    return created


async def _detach(connection: "Connection[Record]", family: Family, now: datetime) -> list[Change]:
    """Detach the months that are no longer kept, oldest first, while the tables are in use."""
    kept_from = month(now, -family.keep)
    changes = []
    tables = list(family.tables)
    found = await partitions(connection, family)
    # The rows that others refer to go first: what is left of the others is not found without them.
    for partition in sorted(found, key=lambda one: (one.end or now, tables.index(one.table))):
        if partition.is_leaving:
            how = "FINALIZE"
        elif partition.start and partition.end and partition.end <= kept_from:
            how = "CONCURRENTLY"
        else:
            continue
        await connection.execute(f"ALTER TABLE {partition.table} DETACH PARTITION {partition.name} {how}")
        changes.append(Change(partition.name, "detached"))
    return changes


async def _close_gap(connection: "Connection[Record]", family: Family) -> None:
    """Let `past` end where the oldest month begins, which it does not once a month before was detached."""
    found = await partitions(connection, family)
    oldest = min(one.start for one in found if one.start)
    ends = {one.end for one in found if one.start is None}
    if ends == {oldest}:
        return
    async with connection.transaction():
        for table in family.tables:
            await connection.execute(f"ALTER TABLE {table} DETACH PARTITION {table}_past")
            await connection.execute(attachment(table, "past", "MINVALUE", family.bound(oldest)))


class Maintenance:
    """Looks after one database's partitions now and then, in one process of all that run it."""

    def __init__(self, database: Database, election: Election, families: Sequence[Family]) -> None:
        self._database = database
        self._election = election
        self._families = families
        self._pause = AFTER_FAILURE

    def running(self) -> AbstractAsyncContextManager[None]:
        """Run beside a block."""
        return leading(self._election, "partitions", self._look, self._rest)

    async def _look(self, term: Term) -> None:
        """Work, and resign rather than hold a connection for hours; who comes next finds nothing to do."""
        self._pause = AFTER_FAILURE
        await term.confirm()
        await self._maintain()
        self._pause = EVERY

    async def _rest(self) -> None:
        await asyncio.sleep(self._pause * random.uniform(0.5, 1.5))  # noqa: S311 - spreads load, guards nothing

    async def once(self) -> list[Change]:
        """Wait for others that are at it, and do what is left; return what was changed.

        Raises:
            UnavailableError, DeposedError: the database is down, or a table was never free for a moment.
            PartitionsError: rows are in the way of the months to be created.
        """
        async with self._election.term():
            return await self._maintain()

    async def _maintain(self) -> list[Change]:
        connection = await self._database.connect()
        try:
            changes = await maintain(connection, self._families, datetime.now(UTC))
        except LockNotAvailableError as error:
            raise UnavailableError("a table is used by a transaction that does not end") from error
        finally:
            await connection.close(timeout=CLOSE_TIMEOUT)
        for change in changes:
            logger.info("partition %s", change.what, extra={"partition": change.partition})
        return changes
