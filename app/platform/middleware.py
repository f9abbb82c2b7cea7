"""What surrounds the application: each request's id, log line and limit, and a start that explains itself."""

import logging
import os
import re
import time
from collections.abc import Sequence
from contextlib import suppress

from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.platform import logs
from app.platform.problems import problem_response
from app.platform.settings import SettingsError

logger = logging.getLogger(__name__)

SLOW = 1.0  # seconds
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Browsers are not to take JSON for something that they would run; what pages may do, the CDN and /docs say.
NO_SNIFFING = (b"x-content-type-options", b"nosniff")
ID = re.compile(rb"[\w.=:;-]{1,128}")


class RequestContext:
    """Pure ASGI middleware. Gives each request an id, the client's own where it sent `X-Request-Id`.

    Writes, failures and slow requests get a line in the log; the rest only at DEBUG: the load balancer's log
    has them.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        identifier = _id_of(scope)
        token = logs.request_id.set(identifier.decode())
        started = time.perf_counter()
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] += ((b"x-request-id", identifier), NO_SNIFFING)
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        except Exception:
            logger.exception("unexpected error", extra={"method": scope["method"], "path": scope["path"]})
            if status:
                raise  # too late for another answer: the server cuts the connection
            await problem_response(500, "The shop failed; its log has the reason under this request id.")(
                scope, receive, send_with_id
            )
        finally:
            _log(scope, status, time.perf_counter() - started)
            logs.request_id.reset(token)


class UnlessGet:
    """Pure ASGI middleware. Other middleware, the outermost first, sees all but GET requests.

    It would only hand these on, and they are nearly all there are: a layer takes a percent of a cached read.
    """

    def __init__(self, app: ASGIApp, others: Sequence[Middleware]) -> None:
        self.app = app
        self.others = app
        for cls, arguments, options in reversed(others):
            self.others = cls(self.others, *arguments, **options)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_get = scope["type"] != "http" or scope["method"] == "GET"
        await (self.app if is_get else self.others)(scope, receive, send)


class HeadAsGet:
    """Pure ASGI middleware. HEAD is answered as GET is, without the body (RFC 9110, section 9.3.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            return await self.app(scope, receive, send)

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.body":
                await send({"type": "http.response.body", "body": b""})
                if message.get("more_body"):  # a stream may go on for long, and nobody hears it
                    raise _AnsweredError
            else:
                await send(message)

        with suppress(_AnsweredError):
            return await self.app({**scope, "method": "GET"}, receive, send_head)


class _AnsweredError(Exception):
    """All that was asked for is answered."""


class BodyLimit:
    """Pure ASGI middleware. A body of more than `limit` bytes is refused with 413 and not read to its end."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in SAFE_METHODS:
            return await self.app(scope, receive, send)
        size = 0

        async def receive_limited() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self.limit:
                raise HTTPException(413, f"The body may have {self.limit} bytes.")
            return message

        return await self.app(scope, receive_limited, send)


class PlainStart:
    """Pure ASGI middleware. A start that the settings prevent ends with their message, not a traceback."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            return await self.app(scope, receive, send)
        failure: Message | None = None

        async def hold_failure(message: Message) -> None:
            nonlocal failure
            if message["type"] == "lifespan.startup.failed":
                failure = message
            else:
                await send(message)

        try:
            await self.app(scope, receive, hold_failure)
        except SettingsError as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
        except BaseException:
            if failure:
                await send(failure)
            raise


def _id_of(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and ID.fullmatch(value):
            return bytes(value)
    return os.urandom(16).hex().encode()


def _log(scope: Scope, status: int, seconds: float) -> None:
    notable = status >= 400 or status == 0 or seconds > SLOW or scope["method"] not in SAFE_METHODS
    level = logging.INFO if notable else logging.DEBUG
    if logger.isEnabledFor(level):
        line = {
            "method": scope["method"],
            "path": scope["path"],
            "status": status,
            "milliseconds": round(seconds * 1000, 1),
        }
        logger.log(level, "request", extra=line)
