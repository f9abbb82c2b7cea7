"""One leader among all instances, for work that must not be done twice at once."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Protocol

from asyncpg import Connection, InterfaceError, ReadOnlySQLTransactionError, Record

from app.platform import fencing
from app.platform.background import beside
from app.platform.database import Database, WriteSession
from app.platform.fencing import DeposedError
from app.platform.postgres import LOST
from app.platform.problems import UnavailableError

logger = logging.getLogger(__name__)

RETRY = 1.0  # seconds between two candidacies
CLOSE_TIMEOUT = 1.0
NEXT_TERM = """
    INSERT INTO leader_terms AS last (duty, token) VALUES ($1, 1)
    ON CONFLICT (duty) DO UPDATE SET token = last.token + 1
    RETURNING token
"""


class Term(Protocol):
    """The time for which this process leads."""

    async def confirm(self) -> None:
        """Return if this process still leads; to be asked before each step of the leader's work.

        Raises:
            DeposedError: it does not, or cannot know.
        """

    async def guard(self, session: WriteSession) -> None:
        """Let the session's transaction commit only if no later term has begun to write to its database.

        Raises:
            DeposedError: one has.
        """


class Election(Protocol):
    """A way to choose the leader."""

    def term(self) -> AbstractAsyncContextManager[Term]:
        """Wait until this process is elected; leaving the block resigns."""


@asynccontextmanager
async def leading(
    election: Election,
    duty: str,
    work: Callable[[Term], Awaitable[None]],
    pause: Callable[[], Awaitable[None]],
) -> AsyncIterator[None]:
    """Do the duty's work beside the block whenever this process leads.

    Work that ends, fails or loses the lead begins again, after a pause, once this process is elected anew.
    """
    async with beside(_lead(election, duty, work, pause), duty):
        yield


async def _lead(
    election: Election,
    duty: str,
    work: Callable[[Term], Awaitable[None]],
    pause: Callable[[], Awaitable[None]],
) -> None:
    while True:
        try:
            async with election.term() as term:
                logger.info("leads", extra={"duty": duty})
                await work(term)
        except (DeposedError, UnavailableError) as error:
            logger.warning("lost the lead", extra={"duty": duty, "error": str(error)})
        except Exception:
            logger.exception("a leader failed", extra={"duty": duty})
        await pause()


class AdvisoryLockElection:
    """The leader is the session that holds an advisory lock of the primary.

    PostgreSQL frees the lock when the session's connection ends, so that a leader that died is replaced as
    soon as its connection is found broken. One that stands still keeps its connection, and with it the lead.
    A leader cut off from the primary learns it at the next `confirm`: until then two may lead, and the work
    must bear that, or be guarded. A term's token is one more than the last, counted beside the lock.
    """

    def __init__(self, database: Database, key: int) -> None:
        self._database = database
        self._key = key

    @asynccontextmanager
    async def term(self) -> AsyncIterator[Term]:
        """Wait until this process is elected.

        Raises:
            UnavailableError: the primary is down.
            DeposedError: it went down while this process waited.
        """
        connection = await self._database.connect()
        try:
            while True:
                if await _ask(connection, "SELECT pg_try_advisory_lock($1)", self._key):
                    break
                await asyncio.sleep(RETRY)
            duty = f"lock-{self._key:x}"
            yield _LockHeld(connection, duty, int(str(await _ask(connection, NEXT_TERM, duty))))
        finally:
            with suppress(*LOST, InterfaceError):  # it is gone already: so is the lock
                await connection.close(timeout=CLOSE_TIMEOUT)


class _LockHeld:
    """A term that lasts as long as its connection."""

    def __init__(self, connection: "Connection[Record]", duty: str, token: int) -> None:
        self._connection = connection
        self._duty = duty
        self._token = token
        self._asking = asyncio.Lock()  # a connection answers one at a time

    async def confirm(self) -> None:
        async with self._asking:
            await _ask(self._connection, "SELECT 1")

    async def guard(self, session: WriteSession) -> None:
        await fencing.guard(session, self._duty, self._token)


async def _ask(connection: "Connection[Record]", sql: str, *values: object) -> object:
    try:
        return await connection.fetchval(sql, *values)
    except (*LOST, InterfaceError) as error:
        raise DeposedError("the connection that holds the lock is gone") from error
    except ReadOnlySQLTransactionError as error:
        raise DeposedError("the server that holds the lock is no primary any more") from error
