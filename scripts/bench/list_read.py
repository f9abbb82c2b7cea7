"""`list-read`: what a page of 50 products takes, which no cache has.

Beside the shop runs the same query and serialisation written directly on asyncpg and pydantic-core; both take
the same requests in turn, and what counts is their processes' CPU time, not the clock.
"""

import json
import tempfile
from pathlib import Path

from scripts.bench.errors import BenchError
from scripts.bench.figure import Figure
from scripts.bench.served import Served, beside, cpu_per_request, served
from scripts.bench.shop import shop

RUNS = 7
REQUESTS = 1_000  # a run and server
PATH = "/products?limit=50"


def measure() -> list[Figure]:
    """Return the figure."""
    with (
        tempfile.TemporaryDirectory(prefix="blueprint-bench-") as folder,
        shop(Path(folder)) as found,
        served("app.main:app", found.variables, "/live") as ours,
        served(
            "scripts.bench.direct:app", found.variables | {"DIRECT_URL": found.database.url}, PATH
        ) as direct,
    ):
        if _items(ours) != _items(direct):
            raise BenchError(f"the shop and scripts/bench/direct.py answer {PATH} differently")
        for server in (ours, direct):
            server.get([PATH] * REQUESTS)  # warm
        runs = [cpu_per_request([ours, direct], [PATH] * REQUESTS) for _ in range(RUNS)]
    return [beside(f"list-read: GET {PATH}", runs, "asyncpg and pydantic-core directly", limit=1.5)]


def _items(server: Served) -> object:
    return json.loads(server.get([PATH])[0].partition(b"\r\n\r\n")[2])["items"]
