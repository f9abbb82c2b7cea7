"""A small HTTP server inside the runtime's event loop: an ASGI application on one loopback port."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Iterator, MutableMapping, Sequence
from typing import Any

import uvicorn

from scripts.local.runtime.errors import LocalRuntimeError

HOST = "127.0.0.1"

# The ASGI interface (asgi.readthedocs.io, HTTP 2.4).
Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = Sequence[tuple[bytes, bytes]]


class ClientDisconnectedError(Exception):
    """The client went away before its request was complete: nobody waits for an answer."""


class HttpServer:
    """Serves `application` from its construction until `close`; `port` 0 takes a free one."""

    def __init__(self, application: Application, port: int = 0) -> None:
        self._socket = _listen(port)
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(
            _dropping_disconnected(application),
            http="h11",
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=1,
        )
        self._server = _Server(config)
        # The socket listens already: who connects before the task runs waits in its backlog.
        self._task = asyncio.create_task(self._server.serve([self._socket]), name=f"serve port {self.port}")

    @property
    def address(self) -> str:
        """The server's `host:port`."""
        return f"{HOST}:{self.port}"

    async def close(self) -> None:
        """Stop listening; requests that do not end within a second are cut off."""
        self._server.should_exit = True
        await self._task


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the process's signals to the runtime, which is more than this server."""
        yield


async def read_body(receive: Receive) -> bytes:
    """Return the body of the request. Raises `ClientDisconnectedError`, which may be left to the server."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnectedError
        body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)


async def wait_for_disconnect(receive: Receive) -> None:
    """Return when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def respond(send: Send, status: int, body: bytes, headers: Headers = ()) -> None:
    """Answer the request; the content's length is added to the headers."""
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


def _dropping_disconnected(application: Application) -> Application:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        with contextlib.suppress(ClientDisconnectedError):
            await application(scope, receive, send)

    return serve


def _listen(port: int) -> socket.socket:
    # asyncio only turns Nagle's algorithm off for sockets that name their protocol; with it, every answer on
    # a connection that is kept would wait 40 ms for an acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise LocalRuntimeError(
            f"Port {port} on {HOST} cannot be listened at ({error.strerror}). Choose another one, or leave it"
            " out for a free one."
        ) from error
    listener.listen()
    return listener
