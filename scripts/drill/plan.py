"""Which faults happen in a drill, and after how many orders: the same for the same seed."""

import random
from dataclasses import dataclass
from typing import Literal

from scripts.drill.stack import CONSUMERS

Kind = Literal["crash", "stand still", "poison", "duplicate", "hold back", "throttle"]

# A fault of each kind, at each consumer, for so many orders; one at least.
ORDERS_OF_ONE: dict[Kind, int] = {
    "crash": 1_000,
    "stand still": 2_500,
    "poison": 150,
    "duplicate": 75,
    "hold back": 250,
}
# AWS operations that the way of an order leads over, those of the relay first; of a service as a whole where
# none is named.
THROTTLED = (
    ("events", "PutEvents"),
    ("sqs", "SendMessageBatch"),
    ("kinesis", "PutRecords"),
    ("sqs", "ReceiveMessage"),
    ("sqs", "DeleteMessageBatch"),
    ("sqs", "ChangeMessageVisibilityBatch"),
    ("dynamodb", ""),
    ("sesv2", "SendEmail"),
)
ORDERS_OF_THROTTLES = 2_500
LEADERS = 3  # that are killed
ORDERS_OF_LEADER = 500  # fewer orders than that many for each, and fewer leaders are


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that goes wrong once `after` orders were placed: at a consumer, or in an AWS service.

    `seed` decides what is random about it.
    """

    after: int
    kind: Kind
    at: str
    seed: int
    operation: str = ""


def faults(orders: int, seed: int) -> list[Fault]:
    """Return the faults of a drill in the order in which they happen; the leaders' ends are apart."""
    rng = random.Random(seed)  # noqa: S311 - repeatable
    wanted: list[tuple[Kind, str, str]] = [
        *(
            (kind, consumer, "")
            for kind, each in ORDERS_OF_ONE.items()
            for consumer in CONSUMERS
            for _ in range(max(1, orders // each))
        ),
        *(
            ("throttle", service, operation)
            for service, operation in THROTTLED
            for _ in range(max(1, orders // ORDERS_OF_THROTTLES))
        ),
    ]
    found = [
        Fault(after=rng.randrange(orders), kind=kind, at=at, seed=rng.randrange(2**32), operation=operation)
        for kind, at, operation in wanted
    ]
    return sorted(found, key=lambda fault: fault.after)


def leader_ends(orders: int) -> list[int]:
    """Return after how many orders each leader of the relay is killed: evenly, while orders are placed."""
    leaders = max(1, min(LEADERS, orders // ORDERS_OF_LEADER))
    return [orders * (1 + number) // (1 + leaders) for number in range(leaders)]
