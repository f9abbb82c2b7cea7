"""A client of the shop's WebSockets, which receives in a thread of its own."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from websocket import ABNF, WebSocket, WebSocketException, create_connection

from tests.waiting import PATIENCE

Frame = dict[str, Any]


class Client:
    """One end of a WebSocket; `closed` is the code that the other end closed it with."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self.closed: int | None = None

    async def send(self, message: Frame | str) -> None:
        """Send a message, as JSON unless it is a text."""
        text = message if isinstance(message, str) else json.dumps(message)
        await asyncio.to_thread(self._socket.send, text)

    async def receive(self) -> Frame:
        """Return the next message; one of the type `closed`, with its code, is the end."""
        return await asyncio.to_thread(self._receive)

    async def wait_for(self, type_: str, condition: Callable[[Frame], object] = bool) -> Frame:
        """Return the next message of this type of which the condition is true."""
        while True:
            found = await self.receive()
            if found["type"] == type_ and condition(found):
                return found
            assert found["type"] != "closed", f"closed with {found['code']} and no {type_!r} before"

    async def close(self) -> None:
        """Close it."""
        if self.closed is None:
            await asyncio.to_thread(self._socket.close, timeout=1)
        self._socket.shutdown()  # type: ignore[no-untyped-call] # it has no annotations

    def _receive(self) -> Frame:
        try:
            opcode, data = self._socket.recv_data()
        except (WebSocketException, OSError):
            return {"type": "closed", "code": None}
        if opcode == ABNF.OPCODE_CLOSE:
            self.closed = int.from_bytes(data[:2])
            return {"type": "closed", "code": self.closed}
        found: Frame = json.loads(data)
        return found


@asynccontextmanager
async def connected(url: str, path: str, first: Frame | None = None) -> AsyncIterator[Client]:
    """Connect to a server at `http://...`, send a first message, and close at the block's end."""
    address = url.replace("http://", "ws://") + path
    client = Client(await asyncio.to_thread(create_connection, address, PATIENCE))
    try:
        if first is not None:
            await client.send(first)
        yield client
    finally:
        await client.close()


def hello(token: str, after: str | None = None) -> Frame:
    """Return the message that a client begins with."""
    return {"type": "authenticate", "token": token, "after": after}
