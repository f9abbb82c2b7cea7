"""Server-sent events (WHATWG HTML, section 9.2): one response that goes on while something happens."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.platform.background import end

Emit = Callable[[bytes], Awaitable[None]]
"""Sends an event, or a sign of life."""

HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx passes on what there is
]
HEARTBEAT = b": alive\n\n"


class EventStream(Response):
    """What `work` emits, until it returns or the client is gone.

    The response begins with the first event: what the work raises before, is answered as from any route.
    """

    def __init__(self, work: Callable[[Emit], Coroutine[None, None, None]]) -> None:
        self._work = work
        self.background = None

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        has_begun = False

        async def emit(data: bytes) -> None:
            nonlocal has_begun
            if not has_begun:
                has_begun = True
                await send({"type": "http.response.start", "status": 200, "headers": list(HEADERS)})
            await send({"type": "http.response.body", "body": data, "more_body": True})

        working = asyncio.create_task(self._work(emit))
        watching = asyncio.create_task(_gone(receive))
        try:
            await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end(working, watching)
        if not working.cancelled():
            working.result()
            await send({"type": "http.response.body", "body": b"", "more_body": False})


def event(type_: str, data: bytes, identifier: str = "") -> bytes:
    """Return an event whose data has no line breaks, as JSON has none."""
    named = f"id: {identifier}\n" if identifier else ""
    return f"{named}event: {type_}\ndata: ".encode() + data + b"\n\n"


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
