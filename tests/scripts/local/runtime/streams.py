"""A server of WebSockets and server-sent events that stands for a target, and what it sees of clients."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import uvicorn

from tests.waiting import until

Message = MutableMapping[str, Any]


@dataclass
class Streams:
    """Echoes what WebSockets say, and streams on paths that end in `/events` what is put into `events`.

    `headers` are those of each WebSocket's request, `left` the paths whose clients have gone.
    """

    port: int = 0
    events: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    headers: list[dict[str, str]] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Serve one connection, as ASGI wants it."""
        if scope["type"] == "websocket":
            self.headers.append({name.decode(): value.decode() for name, value in scope["headers"]})
            await receive()
            await send({"type": "websocket.accept"})
            while (message := await receive())["type"] == "websocket.receive":
                await send({"type": "websocket.send", "text": f"echo of {message['text']}"})
        elif scope["path"].endswith("/events"):
            await self._stream(receive, send)
        else:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"alive"})
            return
        self.left.append(scope["path"])

    async def _stream(
        self, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        headers = [(b"content-type", b"text/event-stream; charset=utf-8")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        feed = asyncio.create_task(self._feed(send))
        while (await receive())["type"] != "http.disconnect":
            pass
        feed.cancel()

    async def _feed(self, send: Callable[[Message], Awaitable[None]]) -> None:
        while True:
            event = f"data: {await self.events.get()}\n\n".encode()
            await send({"type": "http.response.body", "body": event, "more_body": True})


@contextlib.asynccontextmanager
async def running() -> AsyncIterator[Streams]:
    """Run the server on this event loop until the block ends."""
    streams = Streams()
    config = uvicorn.Config(
        streams,
        host="127.0.0.1",
        port=0,
        ws="wsproto",
        lifespan="off",
        log_level="warning",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    streams.port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield streams
    finally:
        server.should_exit = True
        await task
