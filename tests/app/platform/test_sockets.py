"""How sockets end: by the other end's slowness, for want of places, and when the process ends."""

import asyncio
import time
from typing import Any

from starlette.types import Message
from starlette.websockets import WebSocket

from app.platform.draining import Drain, Places
from app.platform.sockets import WAITING, Socket, serve
from tests.waiting import until


class Wire:
    """What a server has of a socket: `sent` is what went out; while `is_stuck`, messages do not."""

    def __init__(self, *, is_stuck: bool = False) -> None:
        self.sent: list[Message] = []
        self._is_stuck = is_stuck
        scope: dict[str, Any] = {"type": "websocket", "headers": [], "path": "/"}
        self.websocket = WebSocket(scope, self._receive, self._send)
        self._is_connected = False

    @property
    def code(self) -> int:
        """The code that it was closed with."""
        assert self.sent[-1]["type"] == "websocket.close"
        return int(self.sent[-1]["code"])

    async def _receive(self) -> Message:
        if not self._is_connected:
            self._is_connected = True
            return {"type": "websocket.connect"}
        return await asyncio.Future()

    async def _send(self, message: Message) -> None:
        if self._is_stuck and message["type"] == "websocket.send":
            await asyncio.Future()
        self.sent.append(message)


async def listen(socket: Socket) -> None:
    """Say nothing, and hear everything."""
    await socket.converse(time.time() + 3600, silence(socket))


async def silence(socket: Socket) -> None:
    await socket.receive()


async def test_a_socket_that_does_not_keep_up_is_closed_and_nobody_waits_for_it() -> None:
    wire = Wire(is_stuck=True)

    async def flood(socket: Socket) -> None:
        for _ in range(WAITING + 1):
            socket.tell("news")
        await listen(socket)

    await serve(wire.websocket, Places(1, Drain()), flood)

    assert wire.code == 1013


async def test_what_waits_is_sent_in_order_and_what_is_told_first_before_it() -> None:
    wire = Wire()

    async def talk(socket: Socket) -> None:
        socket.tell("second")
        socket.tell("third")
        socket.tell_first("first")
        await listen(socket)

    serving = asyncio.create_task(serve(wire.websocket, Places(1, Drain()), talk))
    await until(lambda: len(wire.sent) == 4)
    serving.cancel()

    assert [message["text"] for message in wire.sent[1:]] == ["first", "second", "third"]


async def test_a_process_has_so_many_places_and_closes_all_of_them_when_it_ends() -> None:
    drain = Drain()
    places = Places(1, drain)
    inside, outside, late = Wire(), Wire(), Wire()
    serving = asyncio.create_task(serve(inside.websocket, places, listen))
    await asyncio.sleep(0)

    await serve(outside.websocket, places, listen)
    assert outside.code == 1013

    await drain.drain()
    assert inside.code == 1012
    await serving
    await serve(late.websocket, places, listen)
    assert late.code == 1012
