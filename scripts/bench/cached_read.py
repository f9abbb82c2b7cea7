"""`cached-read`: what `GET /products/{id}` takes when the product is cached.

The shop runs on a real PostgreSQL and Redis. Beside it runs a bare FastAPI handler that returns the same
bytes; both take the same requests in turn, and what counts is their processes' CPU time, not the clock.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from scripts.bench.figure import Figure, Goal
from scripts.bench.served import Served, cpu_per_request, served
from scripts.bench.shop import PRODUCTS, shop

RUNS = 7
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
        _figure("GET /products/{id}", from_memory),
        _figure("GET /products/{id}, each from Redis", from_redis),
    ]


def _figure(name: str, runs: Sequence[Sequence[float]]) -> Figure:
    """Return a figure of runs, each the shop's µs and the bare handler's."""
    samples, reference = [ours for ours, _ in runs], [bare for _, bare in runs]
    return Figure(
        name=f"cached-read: {name}",
        unit="µs CPU",
        samples=samples,
        reference=reference,
        reference_name="a bare FastAPI handler",
        goal=Goal(limit=1.5, of="ratio"),
        parts={"bare handler": median(reference), "what the shop adds": median(samples) - median(reference)},
    )
