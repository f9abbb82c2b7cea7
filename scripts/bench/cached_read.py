"""`cached-read`: what `GET /products/{id}` takes when the product is cached.

The shop runs on a real PostgreSQL and Redis. Beside it runs a bare FastAPI handler that returns the same
bytes; both take the same requests in turn, and what counts is their processes' CPU time, not the clock.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import boto3
import pg8000.native  # type: ignore[import-untyped] # it has no annotations

from scripts.bench.figure import Figure, Goal
from scripts.bench.served import Served, cpu_per_request, served
from scripts.local import aws, environment
from scripts.local.runtime.servers import postgres, redis

ROOT = Path(__file__).resolve().parent.parent.parent
RUNS = 7
REQUESTS = 4_000  # a run and server; CPU time is counted in hundredths of a second
POPULAR = 40  # products that are asked for in turn; the process' own memory serves nearly all of it
PRODUCTS = 3_000  # more than that memory holds: asked for in turn, each comes from Redis
INSERT = """
    INSERT INTO products (sku, name, description, category, price_minor, currency, image_path, stock)
    SELECT 'SKU-' || number, 'Celadon vase ' || number, repeat('A vase that holds a branch upright. ', 4),
        'Ceramics', 4790, 'EUR', '/media/products/CER-001.svg', 200
    FROM generate_series(1, :products) AS number
"""


def measure() -> list[Figure]:
    """Return the figures: of products that many want, and of ones that only Redis has."""
    with (
        tempfile.TemporaryDirectory(prefix="blueprint-bench-") as folder,
        shop(Path(folder)) as variables,
        served("app.main:app", variables, "/live") as ours,
    ):
        body = Path(folder) / "body.json"
        body.write_bytes(ours.get(["/products/1"])[0].partition(b"\r\n\r\n")[2])
        with served("scripts.bench.bare:app", variables | {"BODY": str(body)}, "/products/1") as bare:
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


@contextmanager
def shop(folder: Path) -> Iterator[dict[str, str]]:
    """Run what the shop needs, with a table of products, and yield the shop's variables."""
    with postgres.running(folder) as database, redis.running(folder) as cache, aws.running() as endpoint:
        variables = {**os.environ, **environment(endpoint)}
        login = {"username": database.master.username, "password": database.master.password}
        variables |= {
            "DATABASE_WRITER": f"{database.host}:{database.port}",
            "DATABASE_NAME": database.database,
            "DATABASE_SECRET_ARN": _secret(variables, json.dumps(login)),
            "DATABASE_SSLMODE": "prefer",
            "CACHE_URL": f"redis://{cache.host}:{cache.port}/0",
            "ORDERS_QUEUE_URL": f"{endpoint}/none",
            "POSITIONS_STREAM": "none",
            "CARTS_TABLE": "none",
            "REVIEWS_TABLE": "none",
            "LOG_LEVEL": "INFO",
        }
        migrate = [sys.executable, "-m", "app.platform.migrations", "upgrade"]
        subprocess.run(migrate, cwd=ROOT, env=variables, check=True, stdout=subprocess.DEVNULL)
        connection = pg8000.native.Connection(
            login["username"], database.host, database.database, database.port, login["password"]
        )
        connection.run(INSERT, products=PRODUCTS)
        connection.close()
        yield variables


def _secret(variables: dict[str, str], value: str) -> str:
    session = boto3.session.Session(
        variables["AWS_ACCESS_KEY_ID"],
        variables["AWS_SECRET_ACCESS_KEY"],
        region_name=variables["AWS_REGION"],
    )
    client = session.client("secretsmanager", endpoint_url=variables["AWS_ENDPOINT_URL"])
    return str(client.create_secret(Name="database", SecretString=value)["ARN"])
