"""`positions`: positions a second from couriers' sockets to the table, by all that is deployed between.

Couriers report over WebSockets through CDN and load balancer, each its next position when the one before is
accepted: the shop has put it on the stream, and in Redis. The stream's function writes them in bulk. What
counts is rows in the table, and the seconds from when all are connected until the last row was there.
"""

import asyncio
import tempfile
import time
from pathlib import Path

from scripts.bench.errors import BenchError
from scripts.bench.figure import Figure, Goal
from scripts.bench.up import blueprint
from scripts.local.status import read_status
from scripts.simulate.couriers import Route, Tally
from scripts.simulate.run import drive, new_run, sign_in, written

RUNS = 3
COURIERS = 400
SECONDS = 10.0
PATIENCE = 60.0  # seconds for the last position to be written


def measure() -> list[Figure]:
    """Return the figures."""
    with tempfile.TemporaryDirectory(prefix="blueprint-bench-") as folder:
        state = Path(folder)
        blueprint("up", "--json", "--state", folder)
        try:
            site = read_status(state)["addresses"]["site"]
            runs = [_run(state, site) for _ in range(RUNS + 1)][1:]  # one to warm
        finally:
            blueprint("down", "--state", folder)
    return [
        Figure(
            name="positions: from couriers' sockets to the table",
            unit="/s",
            samples=[rate for rate, _ in runs],
            goal=Goal(limit=500, bound="at least"),  # of 1,000 couriers every two seconds
        ),
        Figure(
            name="positions: rows a write of the database",
            unit="rows",
            samples=[ratio for _, ratio in runs],
            goal=Goal(limit=50, bound="at least"),
        ),
    ]


def _run(state: Path, site: str) -> tuple[float, float]:
    """Return positions a second, and rows a write."""
    run, route = new_run(), Route(site.replace("http", "ws", 1), sign_in(site), 0.0)
    started, before = 0.0, 0

    def watch(tally: Tally) -> None:
        nonlocal started, before
        while tally["connected"] < COURIERS:
            time.sleep(0.1)
        started, before = time.monotonic(), tally["reported"]
        time.sleep(SECONDS)

    tally, _ = drive(run, COURIERS, route, watch)
    deadline = time.monotonic() + PATIENCE
    while True:
        found = asyncio.run(written(state, run))
        if found and found.rows >= tally["reported"] > 0:
            return (found.rows - before) / (time.monotonic() - started), found.rows / found.writes
        if time.monotonic() > deadline:
            raise BenchError(f"of {tally['reported']} positions, {found.rows if found else 0} were written")
        time.sleep(0.1)
