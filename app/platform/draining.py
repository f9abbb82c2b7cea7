"""Ending a process in which connections live for long: they are told, instead of cut.

At SIGTERM, Granian would drop every WebSocket without a word, and wait for every stream, however long that
lasts. So the shop takes the signal first, has its connections end, and then hands on.
"""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from app.platform.problems import UnavailableError

logger = logging.getLogger(__name__)

LONGEST = 10.0  # seconds that connections have to end; systemd kills after 30


class Drain:
    """Whether this process is ending, and how many connections keep it from that."""

    def __init__(self) -> None:
        self.is_ending = False  # the process itself; in Lambda, it only takes nothing that lives long
        self._has_begun = asyncio.Event()
        self._open = 0
        self._ended = asyncio.Event()
        self._ended.set()

    @property
    def is_on(self) -> bool:
        """Whether whatever lives long ends now, and nothing of the kind begins."""
        return self._has_begun.is_set()

    async def begun(self) -> None:
        """Return when what lives long is to end."""
        await self._has_begun.wait()

    @contextmanager
    def delayed(self) -> Iterator[None]:
        """Have the end wait for the block, which ends soon once a drain has begun."""
        self._open += 1
        self._ended.clear()
        try:
            yield
        finally:
            self._open -= 1
            if not self._open:
                self._ended.set()

    async def end(self) -> None:
        """Say that the process is ending, and drain it."""
        self.is_ending = True
        await self.drain()

    async def drain(self) -> None:
        """Have all that lives long end; return when it has, or some seconds have passed."""
        self._has_begun.set()
        try:
            async with asyncio.timeout(LONGEST):
                await self._ended.wait()
        except TimeoutError:
            logger.warning("connections did not end in time", extra={"open": self._open})

    @asynccontextmanager
    async def at_sigterm(self) -> AsyncIterator[None]:
        """Drain when this process, which must be a server's, is told to end; then have the server end it.

        Granian takes SIGINT for the same as SIGTERM, and set its handlers before the block began.
        """
        loop = asyncio.get_running_loop()
        draining: set[asyncio.Task[None]] = set()

        async def drain() -> None:
            await self.end()
            signal.raise_signal(signal.SIGINT)

        loop.add_signal_handler(signal.SIGTERM, lambda: draining.add(loop.create_task(drain())))
        yield


class Places:
    """Places for connections that live long; a process has so many of them."""

    def __init__(self, limit: int, drain: Drain) -> None:
        self.drain = drain
        self._free = limit

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Have a place for the block.

        Raises:
            UnavailableError: all are taken, or the process is ending; another instance may have one.
        """
        if self.drain.is_on or self._free <= 0:
            raise UnavailableError("This instance takes no more live connections: try again.")
        self._free -= 1
        try:
            with self.drain.delayed():
                yield
        finally:
            self._free += 1
