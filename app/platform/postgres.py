"""One PostgreSQL server and this worker's connections to it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

import asyncpg
from asyncpg import Connection, Pool, Record

from app.platform.problems import UnavailableError
from app.platform.rest import Rest
from app.platform.secret import Credentials, DatabaseSecret
from app.platform.settings import Address
from app.platform.telemetry import span

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

CONNECT_TIMEOUT = 2.0  # seconds, authentication included
ACQUIRE_TIMEOUT = 3.0  # seconds that a request waits for a connection before it is told to come back
QUERY_TIMEOUT = 6.0  # seconds; a little more than the server's own limit, for when the server is gone
CLOSE_TIMEOUT = 3.0
PREPARED = 100  # statements that a connection remembers; asyncpg's own default
REST = 2.0  # seconds
# The server's own limits for a session of the shop.
LIMITS = {"statement_timeout": "5s", "lock_timeout": "2s", "idle_in_transaction_session_timeout": "30s"}

# The connection is gone, or the server is going, coming or full.
LOST = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # shutting down, crashed, starting up
    asyncpg.TooManyConnectionsError,
    asyncpg.InternalClientError,  # asyncpg's word for a server that said goodbye between two queries
)
REFUSED = (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError)


class ServerLostError(UnavailableError):
    """The server is down, or went down under a session. `str()` says which and why; clients are not told."""

    def __init__(self, reason: str) -> None:
        super().__init__("the database does not answer at the moment")
        self.args = (reason,)


class RowsLockedError(UnavailableError):
    """Others held rows for too long that the session was to change."""

    def __init__(self) -> None:
        super().__init__("the same rows are being changed by others")


@dataclass(frozen=True, kw_only=True)
class Entrance:
    """How connections to one server are opened; `session` are the server's settings for each of them.

    `via_proxy`: it is RDS Proxy, which refuses settings other than a name when a connection is opened (it has
    the limits itself), and keeps a connection for whoever has named prepared statements on it.
    """

    address: Address
    database: str
    sslmode: Literal["require", "prefer"]
    secret: DatabaseSecret
    session: Mapping[str, str]
    query_timeout: float | None  # seconds; None for no limit
    via_proxy: bool = False

    async def connect(self, **options: Any) -> "Connection[Record]":
        """Open a connection. The secret is read once more when the server refuses what it said before.

        Raises:
            ServerLostError: the server is down, or does not let the shop in.
        """
        credentials = await self.secret.read()
        try:
            try:
                return await self._authenticate(credentials, options)
            except REFUSED:
                return await self._authenticate(await self.secret.read(refused=credentials), options)
        except REFUSED as error:
            raise ServerLostError(f"{self.address} refuses the credentials of the secret") from error
        except LOST as error:
            raise ServerLostError(f"{self.address} does not answer: {error or 'timed out'}") from error

    @property
    def _settings(self) -> dict[str, str]:
        """What the server is told at the start of a connection."""
        allowed = {"application_name"} if self.via_proxy else self.session.keys()
        return {name: value for name, value in self.session.items() if name in allowed}

    async def _authenticate(self, credentials: Credentials, options: dict[str, Any]) -> "Connection[Record]":
        connection: Connection[Record] = await asyncpg.connect(
            host=self.address.host,
            port=self.address.port,
            user=credentials.username,
            password=credentials.password,
            database=self.database,
            ssl=_encryption(self.sslmode),
            timeout=CONNECT_TIMEOUT,
            command_timeout=self.query_timeout,
            server_settings=self._settings,
            statement_cache_size=0 if self.via_proxy else PREPARED,
            **options,
        )
        return connection


def _encryption(sslmode: Literal["require", "prefer"]) -> ssl.SSLContext | Literal["prefer"]:
    """Return what asyncpg needs to encrypt, without verifying whom it talks to, as libpq's `require` does.

    Told "require", asyncpg looks for certificates in the home directory, and fails where it may not look: in
    a service that systemd's `ProtectHome` keeps out of there.
    """
    if sslmode == "prefer":
        return "prefer"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Server:
    """A server behind a pool of at most `pool_size` connections; a context manager that closes them."""

    def __init__(self, name: str, entrance: Entrance, pool_size: int) -> None:
        self.name = name
        self._entrance = entrance
        self._pool_size = pool_size
        self._pool: Pool[Record]
        self._rest = Rest(REST)
        self.sessions = 0  # that use a connection or wait for one

    async def __aenter__(self) -> Self:
        self._pool = await asyncpg.create_pool(
            min_size=0,
            max_size=self._pool_size,
            max_inactive_connection_lifetime=60,
            connect=self._open,
            reset=_keep_as_it_is,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()

    @property
    def is_resting(self) -> bool:
        """Whether the server was lost a moment ago."""
        return self._rest.is_on

    @asynccontextmanager
    async def connection(self) -> "AsyncIterator[PoolConnectionProxy[Record]]":
        """Lend a connection.

        Raises:
            UnavailableError: all connections stayed in use, or the server took too long.
            ServerLostError: the server is down, or went down inside the block.
        """
        self.sessions += 1
        try:
            connection = await self._acquired()
            try:
                with span("PostgreSQL", **{"server.address": self.name}):
                    yield connection
            except asyncpg.QueryCanceledError as error:
                raise UnavailableError("the database took too long") from error
            except asyncpg.LockNotAvailableError as error:
                raise RowsLockedError from error
            except (*LOST, asyncpg.InterfaceError) as error:
                if isinstance(error, asyncpg.InterfaceError) and not _is_gone(connection):
                    raise  # a mistake of ours
                await self._lose(connection)
                raise ServerLostError(f"{self.name} was lost: {error or 'timed out'}") from error
            finally:
                await self._pool.release(connection, timeout=CLOSE_TIMEOUT)
        finally:
            self.sessions -= 1

    async def _acquired(self) -> "PoolConnectionProxy[Record]":
        try:
            return await self._pool.acquire(timeout=ACQUIRE_TIMEOUT)
        except TimeoutError as error:
            raise UnavailableError("all connections to the database are in use") from error

    async def connect(self) -> "Connection[Record]":
        """Open a connection outside of the pool; the caller closes it.

        Raises:
            ServerLostError: the server is down.
        """
        return await self._entrance.connect()

    async def answers(self) -> bool:
        """Tell whether the server answers a query."""
        try:
            async with self.connection() as connection:
                await connection.execute("SELECT 1")
        except UnavailableError:
            return False
        return True

    async def drop_connections(self) -> None:
        """Replace every connection by a new one before its next use."""
        await self._pool.expire_connections()

    async def _open(self, *_: object, **options: Any) -> "Connection[Record]":
        try:
            return await self._entrance.connect(**options)
        except ServerLostError:
            self._rest.begin()
            raise

    async def _lose(self, connection: "PoolConnectionProxy[Record]") -> None:
        """End the connection; the others, which probably are as dead, are replaced before their next use."""
        if not _is_gone(connection):
            connection.terminate()
        await self._pool.expire_connections()
        self._rest.begin()


def _is_gone(connection: "PoolConnectionProxy[Record]") -> bool:
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:  # so gone that the pool has taken it back already
        return True


async def _keep_as_it_is(_connection: object) -> None:
    """Reset nothing on return: sessions leave no state behind, and a reset costs a round trip."""
