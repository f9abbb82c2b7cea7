"""Many WebSockets that listen, in one process: how long what is said takes to reach each of them."""

import json
import selectors
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from websocket import WebSocket, create_connection

from scripts.bench.errors import BenchError
from scripts.local.runtime.ports import HOST

PATIENCE = 120.0  # seconds
AT_ONCE = 16  # sockets that connect
SENT = b"sent:"  # stands in a message before the time at which it was sent (Unix seconds, 6 decimals)
DIGITS = 17


class Audience:
    """Sockets that are connected, and heard from now on."""

    def __init__(self, sockets: Sequence[WebSocket]) -> None:
        self.sockets = sockets
        self._selector = selectors.DefaultSelector()
        for socket in sockets:
            self._selector.register(socket, selectors.EVENT_READ, socket.sock)

    def hear(self, count: int) -> list[float]:
        """Return the seconds that each of so many deliveries took.

        Raises:
            BenchError: they do not all come.
        """
        took: list[float] = []
        deadline = time.monotonic() + PATIENCE
        while len(took) < count:
            if time.monotonic() > deadline:
                raise BenchError(f"{len(took)} of {count} deliveries came within {PATIENCE:.0f} s")
            for key, _ in self._selector.select(1.0):
                data = key.data.recv(65_536)
                now = time.time()
                took += [now - sent for sent in _times(data)]
        return took

    def close(self) -> None:
        """Hang up."""
        self._selector.close()
        for socket in self.sockets:
            socket.shutdown()  # type: ignore[no-untyped-call] # it has no annotations


@contextmanager
def listening(ports: Sequence[int], path: str, tokens: Sequence[str]) -> Iterator[Audience]:
    """Connect a socket with each token, to the servers in turn, and wait for their welcome."""
    addresses = [f"ws://{HOST}:{ports[number % len(ports)]}{path}" for number in range(len(tokens))]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        audience = Audience(list(pool.map(_welcomed, addresses, tokens)))
    try:
        yield audience
    finally:
        audience.close()


def stamp() -> str:
    """Return what says when a message was sent."""
    return f"{SENT.decode()}{time.time():.6f}"


def _welcomed(address: str, token: str) -> WebSocket:
    socket = create_connection(address, timeout=PATIENCE)
    socket.send(json.dumps({"type": "authenticate", "token": token}))
    while json.loads(socket.recv())["type"] != "welcome":
        pass
    return socket


def _times(data: bytes) -> Iterator[float]:
    """Yield when the messages in some bytes were sent. A message fits into a packet: none is cut here."""
    start = data.find(SENT)
    while start >= 0:
        yield float(data[start + len(SENT) : start + len(SENT) + DIGITS])
        start = data.find(SENT, start + 1)
