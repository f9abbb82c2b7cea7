"""Where events go when they leave the outbox: the bus, a FIFO queue, a stream.

Each takes batches within the limits of its API and answers entry by entry which it has for good.
"""

import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from app.platform.aws import Aws

logger = logging.getLogger(__name__)

SOURCE = "shop"  # whose events these are, on a bus


class Outgoing(NamedTuple):
    """An event on its way out; `id` is its place in the outbox."""

    id: int
    event_id: str
    aggregate_id: str
    type: str
    payload: str


class Limits(NamedTuple):
    """What one call takes: entries, bytes of all of them, and bytes of one."""

    entries: int
    total: int
    each: int


# Amazon EventBridge User Guide, "Calculating PutEvents event entry size": 10 entries, and 256 KB in all. What
# counts of an entry are source, detail type and detail.
BUS = Limits(entries=10, total=256_000, each=256_000)
# Amazon SQS API Reference, SendMessageBatch: 10 messages of 256 KiB together; 1 MiB since August 2025, of
# which the smaller is kept.
QUEUE = Limits(entries=10, total=256 * 1024, each=256 * 1024)
# Amazon Kinesis API Reference, PutRecords: 500 records of 1 MiB each and 5 MiB together, partition keys too;
# the limits until October 2025, of which the smaller are kept.
STREAM = Limits(entries=500, total=5 * 1024 * 1024, each=1024 * 1024)

# Takes a batch within the limits and returns the ids of the events that were accepted for good. Raises
# UnavailableError where none is taken at the moment, botocore's errors where the batch is refused for what
# it is.
Send = Callable[[Sequence[Outgoing]], Awaitable[set[int]]]


@dataclass(frozen=True, kw_only=True)
class Destination:
    """Something that takes events.

    Attributes:
        name: what logs call it; no two of a relay share one.
        types: those of the events that go there; None is all.
        beside: bytes that an entry has beside its payload.
    """

    name: str
    send: Send
    limits: Limits
    types: frozenset[str] | None = None
    beside: Callable[[Outgoing], int] = lambda _: 0

    def wants(self, type_: str) -> bool:
        """Tell whether events of the type go there."""
        return self.types is None or type_ in self.types

    def size(self, event: Outgoing) -> int:
        """Return the bytes of the event as an entry."""
        return len(event.payload.encode()) + self.beside(event)

    def batches(self, events: Sequence[Outgoing]) -> Iterator[list[Outgoing]]:
        """Cut events into batches within the limits, in their order; what is too large is left out."""
        batch: list[Outgoing] = []
        total = 0
        for event in events:
            size = self.size(event)
            if size > self.limits.each:
                said = {"destination": self.name, "event": event.event_id, "bytes": size}
                logger.error("an event is too large", extra=said)
                continue
            if batch and (len(batch) == self.limits.entries or total + size > self.limits.total):
                yield batch
                batch, total = [], 0
            batch.append(event)
            total += size
        if batch:
            yield batch


def to_bus(aws: Aws, bus: str) -> Destination:
    """Return the EventBridge bus, which all events go over: the payload is the event's detail."""

    async def send(events: Sequence[Outgoing]) -> set[int]:
        answer = await aws.call("events", "put_events", Entries=[entry(event) for event in events])
        return _accepted("bus", events, answer["Entries"])

    def entry(event: Outgoing) -> dict[str, str]:
        return {"EventBusName": bus, "Source": SOURCE, "DetailType": event.type, "Detail": event.payload}

    return Destination(
        name="bus", send=send, limits=BUS, beside=lambda event: len(SOURCE) + len(event.type.encode())
    )


def to_fifo_queue(aws: Aws, queue_url: str, types: frozenset[str]) -> Destination:
    """Return a FIFO queue: an aggregate is a group, and SQS drops what is sent again within five minutes."""

    async def send(events: Sequence[Outgoing]) -> set[int]:
        entries = [
            {
                "Id": str(event.id),
                "MessageBody": event.payload,
                "MessageGroupId": event.aggregate_id,
                "MessageDeduplicationId": event.event_id,
            }
            for event in events
        ]
        answer = await aws.call("sqs", "send_message_batch", QueueUrl=queue_url, Entries=entries)
        for refusal in answer.get("Failed", []):
            _note(queue_url, refusal)
        return {int(entry["Id"]) for entry in answer.get("Successful", [])}

    return Destination(name=queue_url, send=send, limits=QUEUE, types=types)


def to_stream(aws: Aws, stream: str, types: frozenset[str]) -> Destination:
    """Return a Kinesis stream: an aggregate's events share a shard."""

    async def send(events: Sequence[Outgoing]) -> set[int]:
        records = [{"Data": event.payload.encode(), "PartitionKey": event.aggregate_id} for event in events]
        answer = await aws.call("kinesis", "put_records", StreamName=stream, Records=records)
        return _accepted(stream, events, answer["Records"])

    return Destination(
        name=stream,
        send=send,
        limits=STREAM,
        types=types,
        beside=lambda event: len(event.aggregate_id.encode()),
    )


def _accepted(name: str, events: Sequence[Outgoing], answers: Sequence[dict[str, Any]]) -> set[int]:
    """Return the events that have no error in the answers, which come in their order."""
    accepted = set()
    for event, answer in zip(events, answers, strict=True):
        if answer.get("ErrorCode"):
            _note(name, answer)
        else:
            accepted.add(event.id)
    return accepted


def _note(name: str, refusal: dict[str, Any]) -> None:
    logger.warning("an event was refused", extra={"destination": name, "refusal": refusal})
