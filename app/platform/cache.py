"""A cache in two levels: this process for a second, Redis for longer. It holds finished response bodies.

What is read may be as old as both lifetimes together, and a second old once it was forgotten. Redis is never
needed: while it is down, every miss of the first level goes to the source.
"""

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Literal, NamedTuple

from app.platform.cache_server import FAILURES, Server, reached
from app.platform.secret import LoginSecret

logger = logging.getLogger(__name__)

TIMEOUT = 0.25  # seconds; a slower cache is no help
REST = 1.0  # seconds that a failed Redis is left alone, so that an outage costs one timeout a second
BATCH = 100  # keys of one MGET at most
MEMORY_LIFETIME = 1.0  # seconds
MEMORY_ENTRIES = 2_048
JITTER = 0.1  # share of a lifetime, so that what was stored together does not expire together

Load = Callable[[], Awaitable[bytes]]


class Cached(NamedTuple):
    """A body and the level that it came from."""

    body: bytes
    source: Literal["memory", "redis", "origin"]


class Memory:
    """The first level: a bounded dictionary whose entries live for a second."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[float, bytes]] = {}

    def get(self, key: str) -> bytes | None:
        """Return the body unless it has expired."""
        entry = self._entries.get(key)
        return entry[1] if entry and entry[0] > time.monotonic() else None

    def put(self, key: str, body: bytes) -> None:
        """Store the body; the entry that was stored first makes room."""
        self._entries.pop(key, None)
        if len(self._entries) >= MEMORY_ENTRIES:
            del self._entries[next(iter(self._entries))]
        self._entries[key] = (time.monotonic() + MEMORY_LIFETIME, body)

    def forget(self, key: str) -> None:
        """Drop the entry if there is one."""
        self._entries.pop(key, None)


class Reads:
    """Reads of Redis that share their way: what is asked for while an answer is awaited goes out in one MGET.

    A command of its own for each takes four times the CPU where there are many, and a connection each.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._waiting: list[tuple[str, asyncio.Future[bytes | None]]] = []
        self._sender: asyncio.Task[None] | None = None

    async def get(self, key: str) -> bytes | None:
        """Return what Redis has under the key, or None; raises one of `FAILURES`."""
        answer: asyncio.Future[bytes | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((key, answer))
        if self._sender is None:
            self._sender = asyncio.create_task(self._send())
        return await answer

    async def _send(self) -> None:
        try:
            while self._waiting:
                batch = self._waiting[:BATCH]
                del self._waiting[:BATCH]
                await self._ask(batch)
        finally:
            self._sender = None

    async def _ask(self, batch: list[tuple[str, "asyncio.Future[bytes | None]"]]) -> None:
        try:
            bodies = await self._server.read([key for key, _ in batch])
        except FAILURES as error:
            for _, answer in batch:
                if not answer.done():  # else who asked is gone
                    answer.set_exception(error)
        else:
            for (_, answer), body in zip(batch, bodies, strict=True):
                if not answer.done():
                    answer.set_result(body)


class Cache:
    """Cache-aside with single flight: however many miss a key at once, its source is asked once."""

    def __init__(self, server: Server) -> None:
        self._reads = Reads(server)
        self._server = server
        self._rests_until = 0.0
        self._memory = Memory()
        self._flights: dict[str, asyncio.Task[Cached]] = {}

    async def get_or_load(self, key: str, load: Load, lifetime: float) -> Cached:
        """Return the body stored under the key, or what `load` returns, then stored for `lifetime` seconds.

        An error of `load`, such as that there is no such thing, reaches all who wait and is not stored.
        """
        if (body := self._memory.get(key)) is not None:
            return Cached(body, "memory")
        flight = self._flights.get(key)
        if flight is None:
            flight = asyncio.create_task(self._fetch(key, load, lifetime))
            self._flights[key] = flight
            flight.add_done_callback(lambda done: self._land(key, done))
        return await asyncio.shield(flight)  # one client that gives up does not end it for the others

    async def forget(self, keys: Iterable[str]) -> None:
        """Drop the keys here and in Redis. Other processes keep theirs for the first level's lifetime.

        A load that is under way may bring back what it saw before: then that lives as long as any.
        """
        keys = list(keys)
        for key in keys:
            self._memory.forget(key)
        if keys and not self._is_resting:
            try:
                await self._server.forget(keys)
            except FAILURES as error:
                self._rest(error)

    async def answers(self) -> bool:
        """Tell whether Redis answers."""
        try:
            await self._server.ping()
        except FAILURES:
            return False
        return True

    async def _fetch(self, key: str, load: Load, lifetime: float) -> Cached:
        cached = await self._ask_redis(key)
        if cached is None:
            cached = Cached(await load(), "origin")
            await self._tell_redis(key, cached.body, lifetime)
        self._memory.put(key, cached.body)
        return cached

    async def _ask_redis(self, key: str) -> Cached | None:
        if self._is_resting:
            return None
        try:
            body = await self._reads.get(key)
        except FAILURES as error:
            self._rest(error)
            return None
        return None if body is None else Cached(body, "redis")

    async def _tell_redis(self, key: str, body: bytes, lifetime: float) -> None:
        if self._is_resting:
            return
        share = random.uniform(1 - JITTER, 1)  # noqa: S311 - spreads load, guards nothing
        try:
            await self._server.store(key, body, round(lifetime * share * 1000))
        except FAILURES as error:
            self._rest(error)

    def _land(self, key: str, flight: asyncio.Task[Cached]) -> None:
        del self._flights[key]
        if not flight.cancelled():
            flight.exception()  # nobody may be waiting any more

    @property
    def _is_resting(self) -> bool:
        return time.monotonic() < self._rests_until

    def _rest(self, error: Exception) -> None:
        self._rests_until = time.monotonic() + REST
        if self._server.login:
            self._server.login.note(error)
        logger.warning("the cache does not answer", extra={"error": str(error)})


@asynccontextmanager
async def opened(
    url: str, *, secret: LoginSecret | None = None, is_cluster: bool = False
) -> AsyncIterator[Cache]:
    """Make the cache at this `redis://` or `rediss://` address usable until the block ends.

    `secret` has what it asks for, if it does; `is_cluster` tells that keys are spread over several servers.
    """
    # It is not connected before its first use: the shop starts without Redis, too.
    async with reached(url, secret=secret, is_cluster=is_cluster, patience=TIMEOUT) as server:
        yield Cache(server)
