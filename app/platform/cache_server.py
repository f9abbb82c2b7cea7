"""How Redis is reached: alone or as a cluster, with user and password or without."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any, Protocol

from limits.aio.storage import RedisClusterStorage, RedisStorage
from redis.asyncio import BlockingConnectionPool, Redis, RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.credentials import CredentialProvider
from redis.exceptions import AuthenticationError, RedisClusterException, RedisError

from app.platform.problems import UnavailableError
from app.platform.secret import Credentials, LoginSecret
from app.platform.settings import SettingsError

logger = logging.getLogger(__name__)

CONNECTIONS = 20
FAILURES = (RedisError, RedisClusterException, OSError)  # a timeout is an OSError

Read = Callable[[Sequence[str]], Awaitable[list[Any]]]


class Login(CredentialProvider):
    """User name and password from the secret, for each connection that is opened.

    A read of the secret that takes longer than `patience` seconds goes on, and nobody waits for it.
    """

    def __init__(self, secret: LoginSecret, patience: float) -> None:
        self._secret = secret
        self._patience = patience
        self._used: Credentials | None = None
        self._refused: Credentials | None = None
        self._reading: asyncio.Task[Credentials | None] | None = None

    async def get_credentials_async(self) -> tuple[str, str]:
        """Return user name and password; raises one of `FAILURES` while there are none."""
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read())
        async with asyncio.timeout(self._patience):
            self._used = await asyncio.shield(self._reading)
        if self._used is None:
            raise AuthenticationError("the secret cannot be read")
        return self._used.username, self._used.password

    def note(self, error: Exception) -> None:
        """Read the secret anew if the error is that Redis refuses what it said: it may have been changed."""
        if isinstance(error, AuthenticationError) or isinstance(error.__cause__, AuthenticationError):
            self._refused = self._used

    async def _read(self) -> Credentials | None:
        try:
            return await self._secret.read(self._refused)
        except (UnavailableError, SettingsError) as error:
            logger.warning("the cache's secret cannot be read", extra={"error": str(error)})
            return None


class Server(Protocol):
    """Redis as the cache uses it; each method raises one of `FAILURES`.

    Attributes:
        read: what is stored under each of some keys, in their order, or None.
        login: None where nobody is asked for a password.
        counters: where rate limits are counted.
        listener: makes connections that listen; in a cluster to any node, for each tells all others.
    """

    read: Read
    login: Login | None
    counters: RedisStorage
    listener: Redis

    async def store(self, key: str, body: bytes, milliseconds: int) -> None:
        """Store the body for so long."""

    async def forget(self, keys: Sequence[str]) -> None:
        """Drop the keys, each of which need not be there."""

    async def run(self, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        """Return what a Lua script says, whose keys one server has, as a cluster spreads them."""

    async def publish(self, channel: str, data: bytes) -> None:
        """Send to whoever listens to the channel now; nobody keeps it."""

    async def ping(self) -> None:
        """Return when Redis answers."""


class Single:
    """One Redis. Reads, which share their way, have a connection of their own: `reader`."""

    def __init__(self, reader: Redis, writer: Redis, listener: Redis, login: Login | None) -> None:
        self.read: Read = reader.mget
        self.listener = listener
        self._writer = writer
        self.login = login
        shared: dict[str, Any] = {"connection_pool": writer.connection_pool}
        self.counters = RedisStorage("async+redis://", implementation="redispy", **shared)

    async def store(self, key: str, body: bytes, milliseconds: int) -> None:
        await self._writer.set(key, body, px=milliseconds)

    async def forget(self, keys: Sequence[str]) -> None:
        await self._writer.unlink(*keys)

    async def run(self, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        return await self._writer.eval(script, len(keys), *keys, *arguments)

    async def publish(self, channel: str, data: bytes) -> None:
        await self._writer.publish(channel, data)

    async def ping(self) -> None:
        await self._writer.ping()


class Cluster:
    """A cluster, of which each server has a part of the keys.

    Its client fails where all connections to a server are in use, rather than wait: here commands wait.
    """

    def __init__(self, cluster: RedisCluster, listener: Redis, login: Login | None) -> None:
        self.read: Read = self._read
        self.listener = listener
        self._cluster = cluster
        self.counters: RedisStorage = _ClusterCounters(cluster)
        self._turns = asyncio.Semaphore(CONNECTIONS - 1)  # reads use one
        self.login = login

    async def store(self, key: str, body: bytes, milliseconds: int) -> None:
        async with self._turns:
            await self._cluster.set(key, body, px=milliseconds)

    async def forget(self, keys: Sequence[str]) -> None:
        async with self._turns:
            await self._cluster.unlink(*keys)

    async def run(self, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        async with self._turns:
            return await self._cluster.eval(script, len(keys), *keys, *arguments)

    async def publish(self, channel: str, data: bytes) -> None:
        async with self._turns:
            await self._cluster.execute_command("PUBLISH", channel, data)

    async def ping(self) -> None:
        async with self._turns:
            await self._cluster.ping()

    async def _read(self, keys: Sequence[str]) -> list[Any]:
        try:
            return await self._cluster.mget_nonatomic(keys)
        except FAILURES:
            # Unlike a command, a batch that fails leaves the client with all that it knows: it would ask a
            # server that has failed for ever, though another has taken over from that.
            await self._cluster.aclose()
            raise


class _ClusterCounters(RedisClusterStorage):
    """Counters in a cluster that is connected to already; by itself, it would connect once more."""

    def __init__(self, cluster: RedisCluster) -> None:
        self._cluster = cluster
        super().__init__("async+redis+cluster://", implementation="redispy")

    def configure_bridge(self) -> None:
        bridge: Any = self.bridge  # typed for what it makes by itself
        bridge.storage = self._cluster
        bridge.connection_getter = lambda _: self._cluster


@asynccontextmanager
async def reached(
    url: str, *, secret: LoginSecret | None, is_cluster: bool, patience: float
) -> AsyncIterator[Server]:
    """Make the Redis at this address usable until the block ends; it is connected at its first use.

    Args:
        url: `redis://` or `rediss://`; of a cluster, any node.
        secret: with the user name and password that it asks for.
        is_cluster: the keys are spread over several servers.
        patience: seconds that a command, or a connection, may take.
    """
    login = Login(secret, patience) if secret else None
    limits: dict[str, Any] = {
        "socket_timeout": patience,
        "socket_connect_timeout": patience,
        "retry": Retry(NoBackoff(), 0),
        **({"credential_provider": login} if login else {}),
    }
    async with aclosing(Redis.from_url(url, **limits)) as listener:
        if is_cluster:
            async with aclosing(RedisCluster.from_url(url, max_connections=CONNECTIONS, **limits)) as cluster:
                yield Cluster(cluster, listener, login)
            return
        pool = BlockingConnectionPool.from_url(url, max_connections=CONNECTIONS, timeout=patience, **limits)
        async with (
            aclosing(Redis.from_url(url, single_connection_client=True, **limits)) as reader,
            aclosing(Redis.from_pool(pool)) as writer,
        ):
            yield Single(reader, writer, listener, login)
