"""`position-writer`: positions a second that the function stores, beside a plain COPY of the same rows.

The function is called as Lambda calls it, with batches as large as the stack has them; what it does beside
storing (taking the event apart, looking at each record, keeping each courier's newest place) is in its time.
COPY gets the rows ready-made, by the same driver, into the same table. PostgreSQL waits for its disk. Both
take turns; what counts is the ratio of each pair.
"""

import io
import json
import os
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pg8000.native  # type: ignore[import-untyped] # it has no annotations

from scripts.bench.errors import BenchError
from scripts.bench.figure import Figure, Goal
from scripts.bench.shop import Shop, shop

RUNS = 15
BATCH = 500  # as in the presets
BATCHES = 4  # a run and subject
COURIERS = 300
COPY = "COPY courier_positions (courier_id, recorded_at, latitude, longitude) FROM STDIN"
EMPTY = "TRUNCATE courier_positions, courier_latest"
START = datetime(2026, 11, 1, tzinfo=UTC)


class Row(NamedTuple):
    """A position, as COPY reads it."""

    courier_id: str
    recorded_at: str
    latitude: float
    longitude: float


class Context(NamedTuple):
    """What Lambda tells a function of itself, and its logger notes."""

    function_name: str = "position-writer"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:position-writer"
    aws_request_id: str = "8f507cfc-xmpl-4697-b07a-ac58fc914c95"


def measure() -> list[Figure]:
    """Return the figure."""
    batches = [list(rows(number)) for number in range(BATCHES)]
    with (
        tempfile.TemporaryDirectory(prefix="blueprint-bench-") as folder,
        shop(Path(folder), durable=True) as found,
        told(found.variables),
        connected(found) as connection,
    ):
        function = import_module("lambdas.position_writer.handler")  # it reads the environment
        runs = [_run(connection, function.handler, batches) for _ in range(RUNS + 1)][1:]  # one to warm
    return [
        Figure(
            name=f"position-writer: positions in batches of {BATCH}",
            unit="rows/s",
            samples=[ours for ours, _ in runs],
            reference=[copied for _, copied in runs],
            reference_name="COPY of the same rows",
            goal=Goal(limit=0.5, of="ratio", bound="at least"),
        )
    ]


def rows(batch: int) -> Iterator[Row]:
    """Yield the rows of a batch: a report of each courier every two seconds."""
    for number in range(batch * BATCH, (batch + 1) * BATCH):
        seconds = number // COURIERS * 2 + number % COURIERS / COURIERS
        recorded_at = START + timedelta(seconds=seconds)
        yield Row(
            f"courier-{number % COURIERS}", recorded_at.isoformat(), 52.5 + number / 1e5, 13.4 + number / 1e5
        )


def event(batch: list[Row]) -> dict[str, Any]:
    """Return the event that Lambda makes of a batch, with what the function reads of it."""
    return {
        "Records": [
            {
                "eventID": f"shardId-000000000000:{number}",
                "kinesis": {
                    "partitionKey": row.courier_id,
                    "sequenceNumber": f"4959033827149025660855969253836157109592157598913{number:07}",
                    "data": b64encode(json.dumps(row._asdict()).encode()).decode(),
                },
            }
            for number, row in enumerate(batch)
        ]
    }


@contextmanager
def told(variables: dict[str, str]) -> Iterator[None]:
    """Have the function's environment for the block, whose logs go nowhere."""
    before = dict(os.environ)
    os.environ.update(variables | {"LOG_LEVEL": "CRITICAL"})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def connected(found: Shop) -> Iterator[Any]:
    """Open a connection of the same driver for the block."""
    server, login = found.database, found.database.master
    connection = pg8000.native.Connection(
        login.username, server.host, server.database, server.port, login.password
    )
    try:
        yield connection
    finally:
        connection.close()


def _run(connection: Any, handler: Any, batches: list[list[Row]]) -> tuple[float, float]:
    """Return the rows a second of the function, and of COPY."""
    events = [event(batch) for batch in batches]
    texts = ["".join("\t".join(map(str, row)) + "\n" for row in batch).encode() for batch in batches]
    connection.run(EMPTY)
    started = time.perf_counter()
    for each in events:
        handler(each, Context())
    ours = time.perf_counter() - started
    _check(connection)
    connection.run(EMPTY)
    started = time.perf_counter()
    for text in texts:
        connection.run(COPY, stream=io.BytesIO(text))
    copied = time.perf_counter() - started
    _check(connection)
    return BATCH * BATCHES / ours, BATCH * BATCHES / copied


def _check(connection: Any) -> None:
    [[count]] = connection.run("SELECT count(*) FROM courier_positions")
    if count != BATCH * BATCHES:
        raise BenchError(f"{count} positions were stored, and not {BATCH * BATCHES}")
