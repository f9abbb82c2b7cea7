"""What the APIs of the bus, queues and streams are told, and what of their answers counts as a yes."""

import json
import uuid
from typing import Any

import pytest

from app.platform.aws import Aws
from app.platform.destinations import (
    BUS,
    QUEUE,
    STREAM,
    Destination,
    Outgoing,
    to_bus,
    to_fifo_queue,
    to_stream,
)
from tests.app.shop import client
from tests.app.sink import outgoing

TYPES = frozenset({"test.happened"})
THREE = [outgoing(number) for number in (1, 2, 3)]


class Answering(Aws):
    """AWS that gives one answer, and keeps what it was asked."""

    def __init__(self, **answer: Any) -> None:
        super().__init__()
        self.answer = answer
        self.asked: list[tuple[str, str, dict[str, Any]]] = []

    async def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        self.asked.append((service, operation, parameters))
        return self.answer


async def test_entries_that_the_bus_refuses_are_not_accepted(caplog: pytest.LogCaptureFixture) -> None:
    refused = {"ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded"}
    with Answering(FailedEntryCount=1, Entries=[{"EventId": "x"}, refused, {"EventId": "y"}]) as aws:
        assert await to_bus(aws, "shop").send(THREE) == {1, 3}

    [(service, operation, parameters)] = aws.asked
    assert (service, operation) == ("events", "put_events")
    assert parameters["Entries"][0] == {
        "EventBusName": "shop",
        "Source": "shop",
        "DetailType": "test.happened",
        "Detail": THREE[0].payload,
    }
    assert "an event was refused" in caplog.text


async def test_entries_that_the_queue_refuses_are_not_accepted(caplog: pytest.LogCaptureFixture) -> None:
    failed = {"Id": "2", "SenderFault": False, "Code": "InternalError"}
    with Answering(Successful=[{"Id": "3"}, {"Id": "1"}], Failed=[failed]) as aws:
        assert await to_fifo_queue(aws, "https://queue", TYPES).send(THREE) == {1, 3}

    [(service, operation, parameters)] = aws.asked
    assert (service, operation, parameters["QueueUrl"]) == ("sqs", "send_message_batch", "https://queue")
    assert parameters["Entries"][0] == {
        "Id": "1",
        "MessageBody": THREE[0].payload,
        "MessageGroupId": "aggregate-1",
        "MessageDeduplicationId": "event-1",
    }
    assert "an event was refused" in caplog.text


async def test_records_that_the_stream_refuses_are_not_accepted(caplog: pytest.LogCaptureFixture) -> None:
    taken = {"SequenceNumber": "1", "ShardId": "shardId-000000000000"}
    refused = {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "Rate exceeded"}
    with Answering(FailedRecordCount=1, Records=[taken, taken, refused]) as aws:
        assert await to_stream(aws, "sales", TYPES).send(THREE) == {1, 2}

    [(service, operation, parameters)] = aws.asked
    assert (service, operation, parameters["StreamName"]) == ("kinesis", "put_records", "sales")
    assert parameters["Records"][0] == {"Data": THREE[0].payload.encode(), "PartitionKey": "aggregate-1"}
    assert "an event was refused" in caplog.text


async def test_what_is_sent_arrives(variables: dict[str, str]) -> None:
    name = f"test-{uuid.uuid4().hex[:8]}"
    sqs, kinesis = client(variables, "sqs"), client(variables, "kinesis")
    url = sqs.create_queue(QueueName=f"{name}.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    kinesis.create_stream(StreamName=name, ShardCount=1)
    try:
        with Aws() as aws:
            assert await to_fifo_queue(aws, url, TYPES).send(THREE) == {1, 2, 3}
            assert await to_fifo_queue(aws, url, TYPES).send(THREE) == {1, 2, 3}  # and drops what it has
            assert await to_stream(aws, name, TYPES).send(THREE) == {1, 2, 3}
        received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        [shard] = kinesis.list_shards(StreamName=name)["Shards"]
        iterator = kinesis.get_shard_iterator(
            StreamName=name, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        records = kinesis.get_records(ShardIterator=iterator)["Records"]
    finally:
        sqs.delete_queue(QueueUrl=url)
        kinesis.delete_stream(StreamName=name)

    assert [message["Body"] for message in received] == [event.payload for event in THREE]
    assert [record["Data"].decode() for record in records] == [event.payload for event in THREE]


def sizes(to: Destination, events: list[Outgoing]) -> list[int]:
    return [len(batch) for batch in to.batches(events)]


@pytest.mark.parametrize(
    ("to", "limits", "beside"),
    [
        (to_bus(Aws(), "shop"), BUS, len("shop" + "test.happened")),
        (to_fifo_queue(Aws(), "https://queue", TYPES), QUEUE, 0),
        (to_stream(Aws(), "sales", TYPES), STREAM, len("aggregate-1")),
    ],
    ids=["bus", "queue", "stream"],
)
def test_batches_keep_the_limits_of_the_api_to_the_byte(to: Destination, limits: Any, beside: int) -> None:
    assert sizes(to, [outgoing(1)] * (limits.entries * 2 + 3)) == [limits.entries, limits.entries, 3]
    assert sizes(to, []) == []

    around = len(outgoing(1).payload) + beside
    largest = outgoing(1, padding="x" * (limits.each - around))
    assert to.size(largest) == limits.each
    assert sizes(to, [largest]) == [1]
    assert sizes(to, [outgoing(1), outgoing(1, padding="x" * (limits.each - around + 1)), outgoing(1)]) == [2]

    half = outgoing(1, padding="é" * ((limits.each // 2 - around) // 2))
    fitting = limits.total // to.size(half)
    assert sizes(to, [half] * (fitting + 1)) == [fitting, 1]
    for batch in to.batches([half] * 25):
        assert sum(map(to.size, batch)) <= limits.total


def test_a_destination_wants_its_types_only_and_the_bus_all() -> None:
    with Aws() as aws:
        assert to_bus(aws, "shop").wants("any.thing")
        assert to_stream(aws, "sales", TYPES).wants("test.happened")
        assert not to_stream(aws, "sales", TYPES).wants("any.thing")


def test_events_are_measured_as_they_are_sent() -> None:
    event = outgoing(1, padding="é")
    assert len(event.payload) < len(event.payload.encode()) == to_fifo_queue(Aws(), "", TYPES).size(event)
    assert json.loads(event.payload)["data"]["padding"] == "é"
