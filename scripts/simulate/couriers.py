"""Couriers on the move: each has a WebSocket, and reports a position every so many seconds."""

import json
import math
import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from websocket import WebSocket, WebSocketException, create_connection

CENTRE = (52.52, 13.405)  # degrees of latitude and longitude; Berlin
SPREAD = 0.05  # degrees around the centre in which couriers begin
SPEED = 6.0  # metres a second, by bicycle
DEGREE = 111_320.0  # metres of a degree of latitude
TURN = math.radians(30)  # by which a courier turns at most between two reports
PATIENCE = 10.0  # seconds for the shop to answer
THREADS = 8

FAILURES = (WebSocketException, OSError)


@dataclass
class Courier:
    """Somebody on the way, under the id that the shop knows."""

    id: str
    latitude: float = field(default_factory=lambda: CENTRE[0] + random.uniform(-SPREAD, SPREAD))  # noqa: S311
    longitude: float = field(default_factory=lambda: CENTRE[1] + random.uniform(-SPREAD, SPREAD))  # noqa: S311
    heading: float = field(default_factory=lambda: random.uniform(0, 2 * math.pi))  # noqa: S311
    socket: WebSocket | None = None

    def move(self, seconds: float) -> None:
        """Go on for so long, more or less straight."""
        self.heading += random.uniform(-TURN, TURN)  # noqa: S311
        way = SPEED * seconds / DEGREE
        self.latitude += way * math.cos(self.heading)
        self.longitude += way * math.sin(self.heading) / math.cos(math.radians(self.latitude))

    def message(self) -> str:
        """Return the report of where the courier is now."""
        position = {
            "latitude": round(self.latitude, 6),
            "longitude": round(self.longitude, 6),
            "recorded_at": datetime.now(UTC).isoformat(),
        }
        return json.dumps({"type": "positions", "positions": [position]})


class Route(NamedTuple):
    """Where couriers report to (`ws://...`), as whom, and every how many seconds."""

    url: str
    token: str
    every: float


class Tally:
    """What happened so far, counted by several threads: `connected`, `reported`, `refused`, `broken`."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def add(self, what: str, count: int = 1) -> None:
        """Count something."""
        with self._lock:
            self._counts[what] += count

    def __getitem__(self, what: str) -> int:
        return self._counts[what]


class Shift(threading.Thread):
    """A thread that drives some couriers until it is told to stop."""

    def __init__(self, couriers: Sequence[Courier], route: Route, delay: float, tally: Tally) -> None:
        super().__init__(daemon=True)
        self._couriers = couriers
        self._url = route.url
        self._hello = json.dumps({"type": "authenticate", "token": route.token})
        self._every = route.every
        self._delay = delay
        self._tally = tally
        self._stop_asked = threading.Event()

    def stop(self) -> None:
        """Have it end after the round that it is in."""
        self._stop_asked.set()

    def run(self) -> None:
        """Do a round every so many seconds; one that takes longer is followed by the next at once."""
        due = time.monotonic() + self._delay
        while not self._stop_asked.wait(max(0.0, due - time.monotonic())):
            due = max(due + self._every, time.monotonic())
            self._round()
        for courier in self._couriers:
            self._leave(courier)

    def _round(self) -> None:
        asked = [courier for courier in self._couriers if self._report(courier)]
        for courier in asked:
            self._hear(courier)

    def _report(self, courier: Courier) -> bool:
        if self._stop_asked.is_set():
            return False
        courier.move(self._every)
        try:
            if courier.socket is None:
                courier.socket = create_connection(
                    f"{self._url}/couriers/{courier.id}/positions/live", timeout=PATIENCE
                )
                courier.socket.send(self._hello)
                self._tally.add("connected")
            courier.socket.send(courier.message())
        except FAILURES:
            self._lose(courier)
            return False
        return True

    def _hear(self, courier: Courier) -> None:
        if courier.socket is None:
            return
        try:
            answer = json.loads(courier.socket.recv() or "{}")
        except FAILURES:
            self._lose(courier)
            return
        if answer.get("type") == "accepted":
            self._tally.add("reported", answer["count"])
        elif answer:
            self._tally.add("refused")
        else:
            self._lose(courier)  # a close: it connects again in the next round

    def _lose(self, courier: Courier) -> None:
        self._tally.add("broken")
        self._leave(courier)

    def _leave(self, courier: Courier) -> None:
        if courier.socket is not None:
            with suppress(*FAILURES):
                courier.socket.close(timeout=0)
            courier.socket = None


def shifts(couriers: Sequence[Courier], route: Route, tally: Tally) -> list[Shift]:
    """Share couriers out among threads, whose rounds begin one after the other."""
    shares = [couriers[start::THREADS] for start in range(min(THREADS, len(couriers)))]
    pause = route.every / len(shares)
    return [Shift(share, route, number * pause, tally) for number, share in enumerate(shares)]
