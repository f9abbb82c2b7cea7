"""PostgreSQL: one primary for writes, replicas for reads, and short sessions on both.

A write is a transaction that commits before it returns: nothing is acknowledged that is not committed. A read
is a function of a session, so that it can run again elsewhere when a server is lost under it.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

from asyncpg import Connection, DiskFullError, ReadOnlySQLTransactionError, Record

from app.platform import postgres
from app.platform.batches import Batches
from app.platform.consistency import Degree, Position, Token
from app.platform.postgres import Entrance, Server, ServerLostError
from app.platform.problems import UnavailableError
from app.platform.replicas import Replicas
from app.platform.secret import DatabaseSecret
from app.platform.settings import Address, DatabaseSettings

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

logger = logging.getLogger(__name__)

T = TypeVar("T")

LARGEST = 1_000  # writes that are told one position


class ReadSession:
    """One connection for reads; the server refuses writes on it, unless a proxy stands before it."""

    def __init__(self, connection: "PoolConnectionProxy[Record]") -> None:
        self._connection = connection

    async def rows(self, sql: str, *values: object) -> Sequence[Record]:
        """Return all rows."""
        return await self._connection.fetch(sql, *values)

    async def row(self, sql: str, *values: object) -> Record | None:
        """Return the first row, or None."""
        return await self._connection.fetchrow(sql, *values)


class WriteSession(ReadSession):
    """One connection to the primary, inside a transaction."""

    async def execute(self, sql: str, *values: object) -> None:
        """Run a statement."""
        await self._connection.execute(sql, *values)

    async def execute_many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """Run a statement once a row, sent together."""
        await self._connection.executemany(sql, rows)


class Database:
    """The shop's PostgreSQL servers, seen from one worker. Made by `opened`."""

    def __init__(self, primary: Server, primary_reads: Server, replicas: Replicas) -> None:
        self._primary = primary
        self._primary_reads = primary_reads
        self._replicas = replicas
        self._positions: Batches[None, Position] = Batches(self._position, LARGEST)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[WriteSession]:
        """Open a transaction on the primary; when the block ends without an error, it is committed.

        Raises:
            UnavailableError: the primary is down or takes no writes, or all connections stayed in use.
        """
        try:
            async with self._primary.connection() as connection, connection.transaction():
                yield WriteSession(connection)
        except ReadOnlySQLTransactionError as error:
            # After a failover the address leads to the new primary, and these connections to the old one.
            await self._primary.drop_connections()
            await self._primary_reads.drop_connections()
            # Or it takes none for a while, as where its storage is full: then they are as good as new ones.
            raise UnavailableError("the database takes no writes at the moment") from error
        except DiskFullError as error:
            raise UnavailableError("the database takes no writes at the moment") from error

    async def write(self, work: Callable[[WriteSession], Awaitable[T]]) -> T:
        """Do the work in a transaction, and return what it returns once that is committed.

        Raises:
            UnavailableError: as of `transaction`.
        """
        async with self.transaction() as session:
            return await work(session)

    async def read(
        self,
        query: Callable[[ReadSession], Awaitable[T]],
        consistency: Degree | Position = "eventual",
    ) -> T:
        """Run a query, possibly more than once, and return what it returns.

        "eventual" asks the least busy replica, and the primary when none is left; it may be a little behind.
        "strong" asks the primary and sees every committed write. A position asks a replica that has replayed
        as much, or does within a moment, and else the primary.

        Raises:
            UnavailableError: no server answers, or all connections stayed in use.
        """
        position = consistency if isinstance(consistency, int) else 0
        for replica in [] if consistency == "strong" else self._replicas.usable(position):
            try:
                async with replica.server.connection() as connection:
                    if await replica.reaches(connection, position):
                        return await query(ReadSession(connection))
            except ServerLostError as error:
                _note(replica.server, error)
        try:
            async with self._primary_reads.connection() as connection:
                return await query(ReadSession(connection))
        except ServerLostError as error:
            _note(self._primary_reads, error)
            raise UnavailableError("the database does not answer at the moment") from error

    async def position(self) -> Position:
        """Return a place of the log before which all lies that was committed by now.

        Raises:
            UnavailableError: the primary is down.
        """
        return await self._positions.ask(None)

    async def _position(self, asked: Sequence[None]) -> list[Position]:
        """Return it once for all: what any of them had committed when it asked lies before it."""
        async with self._primary.connection() as connection:
            position: Position = await connection.fetchval("SELECT pg_current_wal_lsn()")
            return [position] * len(asked)

    async def token(self, number: int) -> Token | None:
        """Return the token of what was just committed to this database, which tokens call `number`.

        It is None where the primary cannot say it: what was committed stays so.
        """
        try:
            return Token({number: await self.position()})
        except UnavailableError:
            return None

    async def states(self) -> dict[str, bool]:
        """Say of each server, "primary" and "replica-1" on, whether it answers."""
        named = {"primary": self._primary_reads}
        named |= {f"replica-{number}": replica.server for number, replica in enumerate(self._replicas.all, 1)}
        answers = await asyncio.gather(*(server.answers() for server in named.values()))
        return dict(zip(named, answers, strict=True))

    async def connect(self) -> "Connection[Record]":
        """Open a connection to the primary for a session that is held; the caller closes it.

        Raises:
            ServerLostError: the primary is down.
        """
        return await self._primary.connect()


def _note(server: Server, error: ServerLostError) -> None:
    logger.warning("database server lost", extra={"server": server.name, "error": str(error)})


@asynccontextmanager
async def opened(
    settings: DatabaseSettings, secret: DatabaseSecret, application: str
) -> AsyncIterator[Database]:
    """Make the database usable until the block ends. Connections are opened as they are needed."""
    async with AsyncExitStack() as stack:

        async def server(address: Address, *, read_only: bool, via_proxy: bool = False) -> Server:
            session = postgres.LIMITS | {"application_name": application}
            if read_only:  # else the server decides: whoever runs it may have it take no writes for a while
                session["default_transaction_read_only"] = "on"
            entrance = Entrance(
                address=address,
                database=settings.database,
                sslmode=settings.sslmode,
                secret=secret,
                session=session,
                query_timeout=postgres.QUERY_TIMEOUT,
                via_proxy=via_proxy,
            )
            return await stack.enter_async_context(Server(str(address), entrance, settings.pool_size))

        primary_reads = await server(settings.writer, read_only=True, via_proxy=settings.via_proxy)
        replicas = Replicas(
            primary_reads, [await server(address, read_only=True) for address in settings.readers]
        )
        if replicas.all:
            await stack.enter_async_context(replicas.watched())
        primary = await server(settings.writer, read_only=False, via_proxy=settings.via_proxy)
        yield Database(primary, primary_reads, replicas)
