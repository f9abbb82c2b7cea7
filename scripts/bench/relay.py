"""`relay`: events a second from PostgreSQL to where they go.

The relay runs as it is deployed: on uvloop, led by a lease. Once into a list of the same process; and once
onto a bus of moto, in turns with a bare client that puts batches of the same size on the same bus with as
many threads. Both have connected when the time begins. What counts there is the ratio of each pair.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Literal

import pg8000.native  # type: ignore[import-untyped] # it has no annotations

from app.events.orders import OrderPlaced
from scripts.bench.figure import Figure, Goal
from scripts.bench.relayed import NAME
from scripts.bench.shop import ROOT, Shop, aws_client, shop

RUNS = 7
TO_LIST = 20_000  # events a run
TO_BUS = 5_000
# Three events an order, and of each order in the order in which they happened.
FILL = """
    INSERT INTO outbox (event_id, type, aggregate_id, payload, occurred_at)
    SELECT gen_random_uuid(), 'order.placed', 'order-' || number % (:count / 3), :payload::text::jsonb, now()
    FROM generate_series(1, :count) AS number
"""


def measure() -> list[Figure]:
    """Return the figures."""
    with (
        tempfile.TemporaryDirectory(prefix="blueprint-bench-") as name,
        shop(Path(name), durable=True) as found,
    ):
        aws_client(found.variables, "events").create_event_bus(Name=NAME)
        aws_client(found.variables, "dynamodb").create_table(
            TableName=NAME,
            KeySchema=[{"AttributeName": "lease_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "lease_id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        _seconds(found, "bare", 10)  # moto loads what it needs
        lists = [TO_LIST / _seconds(found, "list", TO_LIST) for _ in range(RUNS)]
        pairs = [
            (TO_BUS / _seconds(found, "bus", TO_BUS), TO_BUS / _seconds(found, "bare", TO_BUS))
            for _ in range(RUNS)
        ]
    return [
        Figure(
            name="relay: outbox to a list",
            unit="events/s",
            samples=lists,
            goal=Goal(limit=2_000, bound="at least"),
        ),
        Figure(
            name="relay: outbox to a bus of moto",
            unit="events/s",
            samples=[ours for ours, _ in pairs],
            reference=[theirs for _, theirs in pairs],
            reference_name="a bare client's PutEvents",
            goal=Goal(limit=0.9, of="ratio", bound="at least"),
        ),
    ]


def _seconds(found: Shop, how: Literal["list", "bus", "bare"], count: int) -> float:
    """Return what `count` events take in a process of their own."""
    if how != "bare":
        _fill(found, count)
    command = [sys.executable, "-m", "scripts.bench.relayed", how, str(count)]
    said = subprocess.run(command, cwd=ROOT, env=found.variables, check=True, capture_output=True, text=True)
    return float(said.stdout)


def _fill(found: Shop, count: int) -> None:
    """Write events that wait."""
    login = found.database.master
    connection = pg8000.native.Connection(
        login.username, found.database.host, found.database.database, found.database.port, login.password
    )
    payload = OrderPlaced.example().event().body().decode()
    connection.run("TRUNCATE outbox")
    connection.run(FILL, count=count, payload=payload)
    connection.run("ANALYZE outbox")
    connection.close()
