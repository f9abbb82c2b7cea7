"""WebSockets: who is at the other end, what they are told, and how it ends.

A socket that cannot keep up is closed: what waits for it is bounded, and nobody else waits for it.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any, NamedTuple, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from app.platform.background import together
from app.platform.draining import Drain, Places
from app.platform.identity import Identity, Tokens, UnauthorizedError
from app.platform.problems import InvalidRequestError, ShopError, UnavailableError

M = TypeVar("M", bound=BaseModel)

WAITING = 256  # frames that wait for a socket at most
LARGEST = 64 * 1024  # characters of a frame that comes in
FIRST_WITHIN = 5.0  # seconds for the first message
CLOSE_WITHIN = 1.0  # seconds for the close frame to leave: who does not read does not get it either


class Closing(NamedTuple):
    """How a socket ends: a code (RFC 6455, section 7.4; from 4000 on our own) and why."""

    code: int
    reason: str


DRAINING = Closing(1012, "This instance ends: connect again.")
MALFORMED = Closing(1008, "That cannot be read: look at the description of this socket.")
TOO_LARGE = Closing(1009, f"A message may have {LARGEST} characters.")
TOO_SLOW = Closing(1013, "Too slow: connect again.")
OVERLOADED = Closing(1013, "Too many connections here: come again later.")
FAILED = Closing(1013, "Something does not answer: come again later.")
NOT_SIGNED_IN = Closing(4401, "Sign in, and send the access token first.")
EXPIRED = Closing(4401, "The access token has expired: renew it, and connect again.")
FORBIDDEN = Closing(4403, "This is not for you.")
TOO_LATE = Closing(4408, f"The first message must come within {FIRST_WITHIN:g} s.")
TOO_MANY = Closing(4429, "Too many connections of this account.")


class ClosedError(Exception):
    """The socket is to be closed in this way."""

    def __init__(self, closing: Closing) -> None:
        super().__init__(closing.reason)
        self.closing = closing


class Authenticate(BaseModel):
    """A socket's first message; `after` is the id of the last thing that was seen."""

    model_config = ConfigDict(extra="ignore")

    type: str = Field(pattern="^authenticate$")
    token: str = Field(max_length=8192)
    after: str | None = Field(None, max_length=64)


class Visitor(NamedTuple):
    """Who is at the other end, until when that is known (Unix seconds), and what they have seen."""

    identity: Identity
    until: float
    after: str | None


class Socket:
    """A socket that was accepted."""

    def __init__(self, websocket: WebSocket, drain: Drain) -> None:
        self._websocket = websocket
        self._drain = drain
        self._waiting: deque[str] = deque()
        self._wake = asyncio.Event()
        self._closing: asyncio.Future[Closing] = asyncio.get_running_loop().create_future()

    def tell(self, text: str) -> None:
        """Send a frame when its turn comes. A socket for which too many wait is closed."""
        self._waiting.append(text)
        self._wake.set()
        if len(self._waiting) > WAITING:
            self.close(TOO_SLOW)

    def tell_first(self, text: str) -> None:
        """Send a frame before all that wait."""
        self._waiting.appendleft(text)
        self._wake.set()

    def close(self, closing: Closing) -> None:
        """End what goes on, and close; what waits is not sent."""
        if not self._closing.done():
            self._closing.set_result(closing)

    async def receive(self) -> str:
        """Return the next message.

        Raises:
            WebSocketDisconnect: the other end is gone.
            ClosedError: the message is too large.
        """
        task = asyncio.current_task()
        if task and task.cancelling():  # and what came before swallowed it, see `background.end`
            raise asyncio.CancelledError
        message = await self._websocket.receive()
        if message["type"] != "websocket.receive":
            raise WebSocketDisconnect(message.get("code", 1005))
        text = message.get("text")
        if text is None:
            text = message["bytes"].decode(errors="replace")
        if len(text) > LARGEST:
            raise ClosedError(TOO_LARGE)
        return str(text)

    async def authenticated(self, tokens: Tokens) -> Visitor:
        """Take the first message, and return who it is.

        Raises:
            WebSocketDisconnect, ClosedError: it is nobody that we know.
        """
        try:
            async with asyncio.timeout(FIRST_WITHIN):
                first = Authenticate.model_validate_json(await self.receive())
            verified = await tokens.verify(first.token)
        except TimeoutError:
            raise ClosedError(TOO_LATE) from None
        except (ValidationError, UnauthorizedError):
            raise ClosedError(NOT_SIGNED_IN) from None
        except UnavailableError:
            raise ClosedError(FAILED) from None
        return Visitor(verified.identity, verified.until, first.after)

    async def converse(self, until: float, work: Coroutine[None, None, None]) -> None:
        """Send what waits beside the work, which receives, until the token ends, or anything else does.

        Raises:
            WebSocketDisconnect, ClosedError: why it ended.
        """
        await together(work, self._send(), self._end(until))

    async def _send(self) -> None:
        while True:
            while self._waiting:
                await self._websocket.send({"type": "websocket.send", "text": self._waiting.popleft()})
            self._wake.clear()
            await self._wake.wait()

    async def _end(self, until: float) -> None:
        try:
            async with asyncio.timeout(max(0.0, until - time.time())):
                await together(self._closed(), self._drained())
        except TimeoutError:
            raise ClosedError(EXPIRED) from None

    async def _closed(self) -> None:
        raise ClosedError(await self._closing)

    async def _drained(self) -> None:
        await self._drain.begun()
        raise ClosedError(DRAINING)


async def serve(websocket: WebSocket, places: Places, work: Callable[[Socket], Awaitable[None]]) -> None:
    """Accept a socket, have the work done with it if there is a place for it, and close it.

    One that is refused before it is accepted would not be told why.
    """
    await websocket.accept()
    try:
        with places.taken():
            await work(Socket(websocket, places.drain))
    except WebSocketDisconnect:
        return
    except ClosedError as error:
        await _close(websocket, error.closing)
    except UnavailableError:
        await _close(websocket, DRAINING if places.drain.is_on else OVERLOADED)


async def _close(websocket: WebSocket, closing: Closing) -> None:
    """Close a socket, unless it is; who does not take that in time is left."""
    if websocket.application_state is WebSocketState.CONNECTED:
        with suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
            async with asyncio.timeout(CLOSE_WITHIN):
                await websocket.close(closing.code, closing.reason)


def frame(type_: str, **content: object) -> str:
    """Return a message as it is sent."""
    return orjson.dumps({"type": type_, **content}).decode()


def problem(error: ShopError) -> str:
    """Return what is said of a message that was refused."""
    seconds = error.headers.get("retry-after")
    return frame(
        "problem",
        title=error.title or HTTPStatus(error.status).phrase,
        detail=error.detail,
        retry_after=int(seconds) if seconds else None,
    )


def read(model: type[M], text: str) -> M:
    """Return a message of the other end's.

    Raises:
        InvalidRequestError: it is something else.
    """
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        raise InvalidRequestError(
            [_field_error(dict(one)) for one in error.errors(include_url=False)]
        ) from None


def _field_error(error: Mapping[str, Any]) -> dict[str, str]:
    return {"pointer": "#" + "".join(f"/{part}" for part in error["loc"]), "detail": error["msg"]}
