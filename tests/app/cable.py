"""A connection to a server that a test can cut."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Cable:
    """Carries TCP connections to a server, until it is cut; it can be joined again."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._server: asyncio.Server
        self._carried: set[asyncio.StreamWriter] = set()
        self._carriers: set[asyncio.Task[None]] = set()
        self.port = 0

    def lead_to(self, host: str, port: int) -> None:
        """Carry new connections to another server; those that there are stay."""
        self._target = (host, port)

    async def join(self) -> None:
        """Listen, at the same port as before."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    @property
    def connections(self) -> int:
        """How many connections it carries."""
        return len(self._carried) // 2

    async def cut(self) -> None:
        """End every connection and refuse new ones."""
        self._server.close()
        for writer in self._carried:
            writer.transport.abort()
        await asyncio.gather(*self._carriers, return_exceptions=True)
        await self._server.wait_closed()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._carriers.add(task)
        onward_reader, onward_writer = await asyncio.open_connection(*self._target)
        both = {writer, onward_writer}
        self._carried |= both
        await asyncio.gather(_pump(reader, onward_writer), _pump(onward_reader, writer))
        self._carried -= both
        self._carriers.discard(task)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


@asynccontextmanager
async def cable(address: str) -> AsyncIterator[Cable]:
    """Carry connections to the server at `host:port` until the block ends."""
    host, _, port = address.rpartition(":")
    carried = Cable(host, int(port))
    await carried.join()
    try:
        yield carried
    finally:
        await carried.cut()
