"""`chat`: what reaches 1,000 sockets in one room, on two instances, beside a bare relay of Redis' messages.

The relay is served by the same server, hears one channel and sends on: no accounts, no history, no bounds.
Both say the same text as often, and take turns. The ratio is that of deliveries a second of the servers' CPU.
"""

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from redis import Redis

from scripts.bench.audience import Audience, listening, stamp
from scripts.bench.bare_relay import CHANNEL
from scripts.bench.customers import issuing
from scripts.bench.figure import Figure, Goal
from scripts.bench.served import Served, served
from scripts.bench.shop import aws_client, shop

SOCKETS = 1_000
INSTANCES = 2
OF_AN_ACCOUNT = 5  # sockets on an instance: half of what it may have
RUNS = 5
MESSAGES = 20  # a run and subject
PAUSE = 0.1  # seconds between two messages
ROOM = f"support-{uuid4()}"
FILLER = "x" * 120  # a sentence


class Side(NamedTuple):
    """A subject: its servers, who listens, and how something is said."""

    servers: Sequence[Served]
    audience: Audience
    say: Callable[[str], object]


class Run(NamedTuple):
    """Deliveries a second of CPU, and the seconds that each took."""

    rate: float
    took: list[float]


def measure() -> list[Figure]:
    """Return the figures."""
    with tempfile.TemporaryDirectory(prefix="blueprint-bench-") as folder, sides(Path(folder)) as both:
        runs = [[_run(side) for side in both] for _ in range(RUNS + 1)][1:]  # one to warm
    ours = [run for run, _ in runs]
    return [
        Figure(
            name=f"chat: deliveries to {SOCKETS} sockets over {INSTANCES} instances",
            unit="/CPU-s",
            samples=[run.rate for run in ours],
            reference=[bare.rate for _, bare in runs],
            reference_name="a bare relay",
            goal=Goal(limit=0.6, of="ratio", bound="at least"),
        ),
        Figure(
            name="chat: from said to delivered, 99th percentile",
            unit="ms",
            samples=[_p99(run.took) * 1000 for run in ours],
            reference=[_p99(bare.took) * 1000 for _, bare in runs],
            reference_name="a bare relay",
            goal=Goal(limit=500),
        ),
    ]


@contextmanager
def sides(folder: Path) -> Iterator[list[Side]]:
    """Run the shop and the relay, with their audiences."""
    with ExitStack() as stack:
        found = stack.enter_context(shop(folder))
        told, issue = stack.enter_context(issuing(folder))
        variables = found.variables | told | {"CHAT_TABLE": _table(found.variables)}
        tokens = [issue("support") for _ in range(SOCKETS // OF_AN_ACCOUNT // INSTANCES)]
        everyone = [token for token in tokens for _ in range(OF_AN_ACCOUNT * INSTANCES)]
        chat = [stack.enter_context(served("app.main:app", variables, "/live")) for _ in range(INSTANCES)]
        bare = [
            stack.enter_context(served("scripts.bench.bare_relay:app", variables, "/"))
            for _ in range(INSTANCES)
        ]
        path = f"/chat/rooms/{ROOM}"
        ours = stack.enter_context(listening([one.port for one in chat], path, everyone))
        theirs = stack.enter_context(listening([one.port for one in bare], "/", everyone))
        redis = stack.enter_context(Redis.from_url(variables["CACHE_URL"]))
        yield [
            Side(chat, ours, _speaker(ours)),
            Side(bare, theirs, partial(redis.publish, CHANNEL)),
        ]


def _run(side: Side) -> Run:
    before = sum(server.cpu_seconds() for server in side.servers)
    took: list[float] = []
    for _ in range(MESSAGES):
        side.say(f"{stamp()} {FILLER}")
        took += side.audience.hear(SOCKETS)
        time.sleep(PAUSE)
    spent = sum(server.cpu_seconds() for server in side.servers) - before
    return Run(len(took) / spent, took)


def _speaker(audience: Audience) -> Callable[[str], object]:
    """Return what says something: each socket in turn, so that no account says too much."""
    turn = iter(range(10**9))

    def say(text: str) -> None:
        socket = audience.sockets[next(turn) * OF_AN_ACCOUNT * INSTANCES % SOCKETS]
        socket.send(json.dumps({"type": "say", "text": text, "key": str(uuid4())}))

    return say


def _table(variables: dict[str, str]) -> str:
    """Make the table of the chat, and return its name."""
    schema = [{"AttributeName": "room", "KeyType": "HASH"}, {"AttributeName": "id", "KeyType": "RANGE"}]
    index = [{"AttributeName": "kind", "KeyType": "HASH"}, {"AttributeName": "newest", "KeyType": "RANGE"}]
    aws_client(variables, "dynamodb").create_table(
        TableName="chat",
        KeySchema=schema,
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("room", "id", "kind", "newest")
        ],
        GlobalSecondaryIndexes=[
            {"IndexName": "by-newest", "KeySchema": index, "Projection": {"ProjectionType": "ALL"}}
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return "chat"


def _p99(took: list[float]) -> float:
    return sorted(took)[int(len(took) * 0.99)]
