"""A cache in two levels: this process for a second, Redis for longer. It holds finished response bodies.

What is read may be as old as both lifetimes together, and a second old once it was forgotten. Redis is never
needed: while it is down, every miss of the first level goes to the source.
"""

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import partial

from app.platform.batches import Batches
from app.platform.cache_server import FAILURES, Server, reached
from app.platform.entry import Entry
from app.platform.memory import Cached, Memory
from app.platform.rest import Rest
from app.platform.secret import LoginSecret

logger = logging.getLogger(__name__)

TIMEOUT = 0.25  # seconds; a slower cache is no help
REST = 1.0  # seconds
BATCH = 100  # reads that share an MGET, or changes that share an UNLINK, at most
JITTER = 0.1  # share of a lifetime, so that what was stored together does not expire together
ABSENCE = 5.0  # seconds for which it is known that there is nothing; short, since somebody may just add it

# Makes a body, or says by None that there is nothing.
Load = Callable[[], Awaitable[bytes | None]]
Running = dict[str, asyncio.Task[Cached]]


class Cache:
    """Cache-aside with single flight: however many miss a key at once, its source is asked once."""

    def __init__(self, server: Server) -> None:
        self.server = server
        # Commands of their own would take four times the CPU where there are many, and a connection each.
        self._reads: Batches[str, bytes | None] = Batches(server.read, BATCH)
        self._forgetting: Batches[list[str], None] = Batches(self._forget, BATCH)
        self._rest = Rest(REST)
        self._memory = Memory()
        self._flights: Running = {}  # for which readers wait
        self._refreshes: Running = {}  # of what soon expires

    async def get_or_load(self, key: str, load: Load, lifetime: float) -> Cached:
        """Return what is stored under the key, or what `load` returns, then stored for `lifetime` seconds.

        That there is nothing is stored as well, for some seconds at most. What Redis has and will soon expire
        may be loaded anew meanwhile. An error of `load` reaches all who wait for it, and is not stored.
        """
        if (cached := self._memory.get(key)) is not None:
            return cached
        flight = self._flights.get(key)
        if flight is None:
            flight = self._begin(self._flights, key, self._find(key, load, lifetime))
        return await asyncio.shield(flight)  # one client that gives up does not end it for the others

    async def forget(self, keys: Iterable[str]) -> None:
        """Drop the keys here and in Redis. Other processes keep theirs for the first level's lifetime.

        A load of theirs that is under way may bring back what it saw before: then that lives as long as any.
        """
        keys = list(keys)
        for key in keys:
            self._memory.forget(key)
            self._flights.pop(key, None)  # who asks from now on does not get what they saw before
            self._refreshes.pop(key, None)
        if keys and not self._rest.is_on:
            try:
                await self._forgetting.ask(keys)
            except FAILURES as error:
                self._note(error)

    async def answers(self) -> bool:
        """Tell whether Redis answers."""
        try:
            await self.server.ping()
        except FAILURES:
            return False
        return True

    async def _forget(self, keys: Sequence[list[str]]) -> list[None]:
        await self.server.forget(list({key for some in keys for key in some}))
        return [None] * len(keys)

    def _begin(self, running: Running, key: str, work: Coroutine[None, None, Cached]) -> asyncio.Task[Cached]:
        task = asyncio.create_task(work)
        running[key] = task
        task.add_done_callback(partial(self._end, running, key))
        return task

    def _end(self, running: Running, key: str, task: asyncio.Task[Cached]) -> None:
        has_failed = task.cancelled() or task.exception() is not None  # of which nobody may have asked
        if running.get(key) is task:
            del running[key]
            if not has_failed:
                self._memory.put(key, task.result())

    async def _find(self, key: str, load: Load, lifetime: float) -> Cached:
        entry = await self._ask_redis(key)
        if entry is None:
            return await self._load(key, load, lifetime)
        if entry.is_due and key not in self._refreshes:
            self._begin(self._refreshes, key, self._load(key, load, lifetime))
        return Cached.of(entry.body, "redis")

    async def _load(self, key: str, load: Load, lifetime: float) -> Cached:
        started = time.monotonic()
        body = await load()
        cost = time.monotonic() - started
        if asyncio.current_task() in (self._flights.get(key), self._refreshes.get(key)):
            await self._tell_redis(key, body, cost, lifetime if body is not None else min(lifetime, ABSENCE))
        # Else the key was forgotten meanwhile, and this may be from before.
        return Cached.of(body, "origin without redis" if self._rest.is_on else "origin")

    async def _ask_redis(self, key: str) -> Entry | None:
        if self._rest.is_on:
            return None
        try:
            kept = await self._reads.ask(key)
        except FAILURES as error:
            self._note(error)
            return None
        return None if kept is None else Entry.decode(kept)

    async def _tell_redis(self, key: str, body: bytes | None, cost: float, lifetime: float) -> None:
        if self._rest.is_on:
            return
        lifetime *= random.uniform(1 - JITTER, 1)  # noqa: S311 - spreads load, guards nothing
        entry = Entry(body, time.time() + lifetime, cost)
        try:
            await self.server.store(key, entry.encode(), round(lifetime * 1000))
        except FAILURES as error:
            self._note(error)

    def _note(self, error: Exception) -> None:
        self._rest.begin()
        if self.server.login:
            self.server.login.note(error)
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
