"""`cached-read`: what `GET /products/{id}` takes when the product is cached.

The shop runs on a real PostgreSQL and Redis. Beside it runs a bare FastAPI handler that returns the same
bytes; both take the same requests in turn, and what counts is their processes' CPU time, not the clock.
"""

import tempfile
from pathlib import Path

from scripts.bench.figure import Figure
from scripts.bench.served import Served, beside, cpu_per_request, served
from scripts.bench.shop import PRODUCTS, shop

RUNS = 7
LIMIT = 1.3  # times what the bare handler takes
REQUESTS = 4_000  # a run and server; CPU time is counted in hundredths of a second
POPULAR = 40  # products that are asked for in turn; the process' own memory serves nearly all of it


def measure() -> list[Figure]:
    """Return the figures: of products that many want, and of ones that only Redis has."""
    with (
        tempfile.TemporaryDirectory(prefix="blueprint-bench-") as folder,
        shop(Path(folder)) as found,
        served("app.main:app", found.variables, "/live") as ours,
    ):
        body = Path(folder) / "body.json"
        body.write_bytes(ours.get(["/products/1"])[0].partition(b"\r\n\r\n")[2])
        with served("scripts.bench.bare:app", found.variables | {"BODY": str(body)}, "/products/1") as bare:
            return _figures(ours, bare)


def _figures(ours: Served, bare: Served) -> list[Figure]:
    popular = [f"/products/{number % POPULAR + 1}" for number in range(REQUESTS)]
    everything = [f"/products/{number + 1}" for number in range(PRODUCTS)]
    for server in (ours, bare):
        server.get(everything)  # into Redis, and both servers warm
        server.get(popular)
    from_memory = [cpu_per_request([ours, bare], popular) for _ in range(RUNS)]
    from_redis = [cpu_per_request([ours, bare], everything) for _ in range(RUNS)]
    return [
        beside("cached-read: GET /products/{id}", from_memory, "a bare FastAPI handler", LIMIT),
        beside(
            "cached-read: GET /products/{id}, each from Redis", from_redis, "a bare FastAPI handler", LIMIT
        ),
    ]
