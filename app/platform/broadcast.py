"""Telling all instances at once, through Redis: who listens to a channel hears what is published meanwhile.

Redis keeps nothing of it (at most once). So what must not be missed is written elsewhere first, and whoever
listens is told of gaps: after one, they read that again. A process has one connection for all that it hears.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

from redis.asyncio.client import PubSub

from app.platform.background import beside
from app.platform.cache_server import FAILURES, Server
from app.platform.problems import UnavailableError
from app.platform.rest import Rest
from app.platform.retries import pause_after

logger = logging.getLogger(__name__)

PREFIX = "live:"  # of the channels: the deployed user may use no others
BASE = f"{PREFIX}all"  # a connection must listen to something
PATIENCE = 1.0  # seconds that a new listener waits for Redis to have its channel
REST = 1.0  # seconds that nothing is published after a failure
SILENCE = (
    5.0  # seconds after which the connection is asked whether it still is one, and given up after as many
)

Heard = Callable[[bytes | None], None]
"""Is called with what was published, or with None when something may have been missed. It must not block."""


class Broadcast:
    """Publishes to channels, and listens to them."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._listeners: dict[str, set[Heard]] = {}
        self._subscribed: dict[str, asyncio.Event] = {}  # by channel: whether Redis has confirmed it
        self._connection: PubSub | None = None
        self._rest = Rest(REST)

    def running(self) -> AbstractAsyncContextManager[None]:
        """Listen beside a block."""
        return beside(self._listen(), "broadcast")

    async def publish(self, channel: str, data: bytes) -> None:
        """Send to all who listen now, in whichever process.

        Raises:
            UnavailableError: Redis is down.
        """
        if self._rest.is_on:
            raise UnavailableError("nothing can be published at the moment")
        try:
            await self._server.publish(PREFIX + channel, data)
        except FAILURES as error:
            self._rest.begin()
            self._note(error)
            raise UnavailableError("nothing can be published at the moment") from error

    @asynccontextmanager
    async def listening(self, channel: str, heard: Heard) -> AsyncIterator[None]:
        """Have `heard` called for everything that is published from the block's begin to its end.

        While Redis is down the block begins all the same, and `heard` is told of the gap when it is back.
        """
        name = PREFIX + channel
        listeners = self._listeners.setdefault(name, set())
        listeners.add(heard)
        try:
            await self._subscribe(name)
            yield
        finally:
            listeners.discard(heard)
            if not listeners and self._listeners.get(name) is listeners:
                del self._listeners[name]
                await self._unsubscribe(name)

    async def _subscribe(self, name: str) -> None:
        confirmed = self._subscribed.get(name)
        if confirmed is None:
            confirmed = self._subscribed[name] = asyncio.Event()
            if self._connection:
                with suppress(*FAILURES):  # the one who reads it sees that, too, and connects again
                    await self._connection.subscribe(name)
        try:
            async with asyncio.timeout(PATIENCE):
                await confirmed.wait()
        except TimeoutError:
            confirmed.set()  # what Redis says of it from now on ends a gap

    async def _unsubscribe(self, name: str) -> None:
        self._subscribed.pop(name, None)
        if self._connection:
            with suppress(*FAILURES):
                await self._connection.unsubscribe(name)

    async def _listen(self) -> None:
        failures = 0
        while True:
            try:
                async with self._server.listener.pubsub() as connection:
                    await connection.subscribe(BASE)
                    self._connection = connection  # from here on, whoever begins to listen says so itself
                    if self._listeners:
                        await connection.subscribe(*self._listeners)
                    failures = 0
                    await self._hear(connection)
            except FAILURES as error:
                failures += 1
                self._note(error)
            finally:
                self._connection = None
            await asyncio.sleep(pause_after(failures))

    async def _hear(self, connection: PubSub) -> None:
        """Hand on what comes, until one of `FAILURES`: also if for a while nothing does, on being asked."""
        is_asked = False
        while True:
            message = await connection.get_message(timeout=SILENCE)
            if message:
                is_asked = False
                self._tell(message)
            elif is_asked:
                raise TimeoutError("Redis says nothing any more")
            else:
                await connection.ping()
                is_asked = True

    def _tell(self, message: Mapping[str, Any]) -> None:
        if message["type"] not in {"message", "subscribe"}:
            return
        name = message["channel"].decode()
        data = message["data"] if message["type"] == "message" else None
        confirmed = self._subscribed.get(name)
        if data is None and confirmed and not confirmed.is_set():
            confirmed.set()  # who waits for that has missed nothing
            return
        for heard in tuple(self._listeners.get(name, ())):
            heard(data)

    def _note(self, error: Exception) -> None:
        if self._server.login:
            self._server.login.note(error)
        logger.warning("instances do not hear of each other", extra={"error": str(error)})
