"""Mappings of Kinesis streams: what Lambda documents, against a real stream and a real process."""

import asyncio
import base64
import datetime
import json
import time
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from scripts.local.runtime.context import Context
from scripts.local.runtime.mappings import shard, stream_poller
from scripts.local.runtime.mappings.mapping import Mapping
from tests.scripts.local.runtime.functions.cloud import Cloud, running_functions
from tests.scripts.local.runtime.mappings.consumer import Consumer, followed_by, following, settle
from tests.waiting import until


class Stream:
    """A stream of the local AWS."""

    def __init__(self, cloud: Cloud, shards: int = 1) -> None:
        self._kinesis = cloud.client("kinesis")
        self.name = f"positions-{uuid.uuid4().hex[:8]}"
        self._kinesis.create_stream(StreamName=self.name, ShardCount=shards)
        description = self._kinesis.describe_stream_summary(StreamName=self.name)
        self.arn = description["StreamDescriptionSummary"]["StreamARN"]

    def put(self, texts: Iterable[str], key: str = "courier") -> list[dict[str, Any]]:
        """Put records in this order and return where they went."""
        records = [{"Data": text.encode(), "PartitionKey": key} for text in texts]
        answer = self._kinesis.put_records(StreamName=self.name, Records=records)
        return list(answer["Records"])

    def split(self) -> None:
        """Split the first shard in the middle of its keys."""
        first = self._kinesis.list_shards(StreamName=self.name)["Shards"][0]
        self._kinesis.split_shard(
            StreamName=self.name, ShardToSplit=first["ShardId"], NewStartingHashKey=str(2**127)
        )


class Letters:
    """A queue that takes what is given up."""

    def __init__(self, cloud: Cloud) -> None:
        self._sqs = cloud.client("sqs")
        self._url = self._sqs.create_queue(QueueName=f"given-up-{uuid.uuid4().hex[:8]}")["QueueUrl"]
        answer = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        self.arn = answer["Attributes"]["QueueArn"]
        self.received: list[str] = []

    def receive(self) -> list[str]:
        """Take what is there, and return the bodies of all that was ever taken."""
        answer = self._sqs.receive_message(QueueUrl=self._url, WaitTimeSeconds=0)
        self.received += [message["Body"] for message in answer.get("Messages", [])]
        return self.received


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shard, "POLL_INTERVAL", 0.05)
    monkeypatch.setattr(stream_poller, "SHARDS_INTERVAL", 0.2)


@pytest.fixture
def consumer(cloud: Cloud, tmp_path: Path) -> Consumer:
    return Consumer(cloud, tmp_path)


@pytest.fixture
def connect(cloud: Cloud) -> Callable[..., str]:
    """Map a stream to a function and return the mapping's id."""

    def connect(stream: Stream, consumer: Consumer, **settings: Any) -> str:
        mapping = cloud.client("lambda").create_event_source_mapping(
            EventSourceArn=stream.arn,
            FunctionName=consumer.name,
            **{"StartingPosition": "TRIM_HORIZON", **settings},
        )
        return str(mapping["UUID"])

    return connect


async def test_a_record_reaches_the_function_as_aws_sends_it(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Callable[..., str]
) -> None:
    stream = Stream(cloud)
    (put,) = stream.put(["a position"], key="c-1")
    connect(stream, consumer)
    async with following(context):
        await until(lambda: consumer.finished)

    ((record,),) = [event["Records"] for event in consumer.events]
    arrival = record["kinesis"].pop("approximateArrivalTimestamp")
    assert abs(arrival - time.time()) < 60
    assert record == {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "c-1",
            "sequenceNumber": put["SequenceNumber"],
            "data": base64.b64encode(b"a position").decode(),
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{put['ShardId']}:{put['SequenceNumber']}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::123456789012:role/function",
        "awsRegion": "us-east-1",
        "eventSourceARN": stream.arn,
    }


async def test_records_of_each_shard_arrive_in_order_and_in_batches(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Callable[..., str]
) -> None:
    stream = Stream(cloud, shards=2)
    sent: dict[str, list[str]] = {}
    for number in range(40):
        for put in stream.put([str(number)], key=f"c-{number % 7}"):
            sent.setdefault(put["ShardId"], []).append(str(number))
    connect(stream, consumer, BatchSize=4)
    async with following(context):
        await until(lambda: len(consumer.items) == 40)

    seen: dict[str, list[str]] = {}
    for event in consumer.events:
        shards = {record["eventID"].split(":")[0] for record in event["Records"]}
        (name,) = shards
        texts = [base64.b64decode(record["kinesis"]["data"]).decode() for record in event["Records"]]
        seen.setdefault(name, []).extend(texts)
    assert seen == sent
    assert len(seen) == 2
    assert max(map(len, consumer.finished)) == 4


async def test_a_stuck_key_holds_up_its_own_lane_only(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Callable[..., str]
) -> None:
    stream = Stream(cloud)
    connect(stream, consumer, BatchSize=1, ParallelizationFactor=10)
    async with following(context):
        stream.put(["hold", "after"], key="slow")
        await until(lambda: consumer.events)
        others = [f"c-{number}" for number in range(10)]
        for key in others:
            stream.put([f"{key} 1", f"{key} 2"], key=key)
        # A lane may be shared with the slow key: most are not.
        await until(lambda: len(consumer.items) >= 10)
        assert "after" not in consumer.items
        consumer.release()
        await until(lambda: len(consumer.items) == 22)

    for key in others:
        assert [text for text in consumer.items if text.startswith(f"{key} ")] == [f"{key} 1", f"{key} 2"]
    assert consumer.items.index("hold") < consumer.items.index("after")


async def test_a_bad_record_is_isolated_and_lands_in_the_failure_destination_with_its_position(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Callable[..., str]
) -> None:
    stream, letters = Stream(cloud), Letters(cloud)
    puts = stream.put(["a", "b", "fail", "d", "e"])
    connect(
        stream,
        consumer,
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": letters.arn}},
    )
    async with following(context):
        await until(lambda: len(consumer.items) == 4 and letters.receive())

    assert consumer.items == ["a", "b", "d", "e"]
    (document,) = map(json.loads, letters.received)
    info = document["KinesisBatchInfo"]
    assert document["requestContext"].pop("requestId")
    assert document["requestContext"] == {
        "functionArn": consumer.arn,
        "condition": "RetryAttemptsExhausted",
        "approximateInvokeCount": 4,
    }
    assert document["responseContext"] == {
        "statusCode": 200,
        "executedVersion": "$LATEST",
        "functionError": "Unhandled",
    }
    assert document["version"] == "1.0"
    assert info["startSequenceNumber"] == info["endSequenceNumber"] == puts[2]["SequenceNumber"]
    assert info["shardId"] == puts[2]["ShardId"]
    assert info["batchSize"] == 1
    assert info["streamArn"] == stream.arn
    assert info["approximateArrivalOfFirstRecord"] == info["approximateArrivalOfLastRecord"]
    assert info["approximateArrivalOfFirstRecord"].endswith("Z")


async def test_a_partial_response_checkpoints_at_the_lowest_failed_record(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Callable[..., str]
) -> None:
    stream = Stream(cloud)
    stream.put(["a", "bad", "c", "d"])
    reports = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}
    connect(stream, consumer, BatchSize=3, MaximumRetryAttempts=1, **reports)
    async with following(context):
        await until(lambda: "d" in consumer.items)

    assert consumer.finished == [["a", "bad", "c"], ["bad", "c"], ["d"]]


async def test_records_that_are_too_old_go_to_the_failure_topic(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Callable[..., str]
) -> None:
    stream, letters = Stream(cloud), Letters(cloud)
    topic = cloud.client("sns").create_topic(Name=stream.name)["TopicArn"]
    cloud.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=letters.arn)
    connect(
        stream,
        consumer,
        MaximumRecordAgeInSeconds=1,
        DestinationConfig={"OnFailure": {"Destination": topic}},
    )
    async with following(context):
        stream.put(["fail"])
        await until(letters.receive)
        stream.put(["later"])
        await until(lambda: consumer.items)

    document = json.loads(json.loads(letters.received[0])["Message"])
    assert document["requestContext"]["condition"] == "RecordAgeExceeded"
    assert consumer.items == ["later"]


async def test_filters_skip_records_and_the_checkpoint_passes_them(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Callable[..., str]
) -> None:
    stream = Stream(cloud)
    pattern = json.dumps({"data": {"type": ["b"]}})
    stream.put(['{"type": "a"}', '{"type": "b"}', "no JSON"])
    mapping = connect(stream, consumer, FilterCriteria={"Filters": [{"Pattern": pattern}]})
    async with following(context):
        await until(lambda: checkpoint(context, mapping) == "3")

    assert consumer.items == ['{"type": "b"}']


async def test_a_restart_resumes_at_the_checkpoint_without_loss_or_repetition(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Callable[..., str]
) -> None:
    stream = Stream(cloud)
    mapping = connect(stream, consumer)
    stream.put("abc")
    async with running_functions(context) as functions:
        async with followed_by(context, functions):
            await until(lambda: checkpoint(context, mapping) == "3")
        stream.put("de")
        async with followed_by(context, functions):
            await until(lambda: len(consumer.items) == 5)

    assert consumer.items == list("abcde")


async def test_a_batch_that_a_restart_interrupted_comes_again(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Callable[..., str]
) -> None:
    stream = Stream(cloud)
    connect(stream, consumer)
    stream.put(["hold"])
    async with running_functions(context) as functions:
        async with followed_by(context, functions):
            await until(lambda: consumer.events)
        async with followed_by(context, functions):
            await until(lambda: len(consumer.events) == 2)
            consumer.release()
            await until(lambda: len(consumer.items) == 2)


async def test_a_mapping_that_starts_at_the_latest_record_skips_none_that_comes_in_a_restart(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Callable[..., str]
) -> None:
    stream = Stream(cloud)
    stream.put(["old"])
    mapping = connect(stream, consumer, StartingPosition="LATEST")
    async with running_functions(context) as functions:
        async with followed_by(context, functions):
            await until(lambda: positions(context, mapping))
        stream.put(["new"])
        async with followed_by(context, functions):
            await until(lambda: consumer.items)

    assert consumer.items == ["new"]


async def test_a_mapping_that_starts_at_a_time_takes_what_came_in_since(
    cloud: Cloud, context: Context, consumer: Consumer
) -> None:
    stream = Stream(cloud)
    stream.put(["before"])
    await asyncio.sleep(0.01)  # arrival times are in milliseconds
    start = datetime.datetime.now(datetime.UTC)
    stream.put(["since"])
    # moto keeps the time to itself, so the mapping is not one of its own.
    mapping = Mapping.of(
        {
            "UUID": "1",
            "EventSourceArn": stream.arn,
            "FunctionArn": consumer.arn,
            "StartingPosition": "AT_TIMESTAMP",
            "StartingPositionTimestamp": start,
        }
    )
    async with running_functions(context) as functions:
        poller = stream_poller.StreamPoller(mapping, context, functions, context.state / "checkpoints.json")
        await until(lambda: consumer.items)
        await poller.cut_off()

    assert consumer.items == ["since"]


async def test_a_disabled_mapping_resumes_where_it_was(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Callable[..., str]
) -> None:
    stream = Stream(cloud)
    mapping = connect(stream, consumer)
    async with following(context) as mappings:
        stream.put(["before"])
        await until(lambda: consumer.items)
        cloud.client("lambda").update_event_source_mapping(UUID=mapping, Enabled=False)
        await settle(mappings)
        stream.put(["meanwhile"])
        cloud.client("lambda").update_event_source_mapping(UUID=mapping, Enabled=True)
        await settle(mappings)
        await until(lambda: len(consumer.items) == 2)

    assert consumer.items == ["before", "meanwhile"]


async def test_the_children_of_a_shard_that_was_split_are_followed_once_it_is_done(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Callable[..., str]
) -> None:
    # What comes after the split stays untested: moto goes on to put it into the closed shard.
    stream = Stream(cloud)
    mapping = connect(stream, consumer, BatchSize=1)
    async with following(context):
        stream.put(["hold", "second"])
        await until(lambda: consumer.events)
        stream.split()
        await until(lambda: len(positions(context, mapping)) == 3)
        assert not any(position["finished"] for position in positions(context, mapping).values())
        consumer.release()
        await until(lambda: any(position["finished"] for position in positions(context, mapping).values()))

    assert consumer.items == ["hold", "second"]
    assert [position["finished"] for position in positions(context, mapping).values()] == [True, False, False]


async def test_two_functions_read_the_same_stream_independently(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Callable[..., str], tmp_path: Path
) -> None:
    stream, other = Stream(cloud), Consumer(cloud, tmp_path, "other")
    connect(stream, consumer)
    connect(stream, other)
    stream.put("abc")
    async with following(context):
        await until(lambda: len(consumer.items) == len(other.items) == 3)


def positions(context: Context, mapping: str) -> dict[str, dict[str, Any]]:
    """Return the positions that are kept for a mapping, by shard."""
    path = context.state / "mappings" / f"{mapping}.json"
    known: dict[str, dict[str, Any]] = json.loads(path.read_text()) if path.exists() else {}
    return known


def checkpoint(context: Context, mapping: str) -> str | None:
    """Return the sequence number after which a mapping would resume in the first shard."""
    after: str | None = positions(context, mapping).get("shardId-000000000000", {}).get("after")
    return after
