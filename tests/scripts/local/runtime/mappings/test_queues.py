"""Mappings of SQS queues: what Lambda documents, against a real queue and a real process."""

import hashlib
import json
import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scripts.local.runtime.context import Context
from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.mappings import Mappings
from tests.scripts.local.runtime.functions.cloud import Cloud, running_functions
from tests.scripts.local.runtime.mappings.consumer import Consumer, following, settle
from tests.waiting import until


class Queue:
    """A queue of the local AWS."""

    def __init__(self, cloud: Cloud, *, suffix: str = "", **attributes: str) -> None:
        self._sqs = cloud.client("sqs")
        self.name = f"orders-{uuid.uuid4().hex[:8]}{suffix}"
        self.url = self._sqs.create_queue(QueueName=self.name, Attributes=attributes)["QueueUrl"]
        self.arn = self.attribute("QueueArn")

    def send(self, *bodies: str, **arguments: Any) -> None:
        for body in bodies:
            self._sqs.send_message(QueueUrl=self.url, MessageBody=body, **arguments)

    def attribute(self, name: str) -> str:
        answer = self._sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["All"])
        return str(answer["Attributes"][name])

    @property
    def visible(self) -> int:
        return int(self.attribute("ApproximateNumberOfMessages"))

    @property
    def in_flight(self) -> int:
        return int(self.attribute("ApproximateNumberOfMessagesNotVisible"))

    @property
    def is_empty(self) -> bool:
        return self.visible + self.in_flight == 0

    def receive(self) -> list[dict[str, Any]]:
        answer = self._sqs.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10, AttributeNames=["All"], WaitTimeSeconds=0
        )
        return list(answer.get("Messages", []))


@pytest.fixture
def consumer(cloud: Cloud, tmp_path: Path) -> Consumer:
    return Consumer(cloud, tmp_path)


@pytest.fixture
def connect(cloud: Cloud) -> Callable[..., str]:
    """Map a queue to a function and return the mapping's id."""

    def connect(queue: Queue, consumer: Consumer, **settings: Any) -> str:
        mapping = cloud.client("lambda").create_event_source_mapping(
            EventSourceArn=queue.arn, FunctionName=consumer.name, **settings
        )
        return str(mapping["UUID"])

    return connect


async def test_a_message_reaches_the_function_as_aws_sends_it_and_is_deleted(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Callable[..., str]
) -> None:
    queue = Queue(cloud)
    connect(queue, consumer)
    async with following(context):
        queue.send(
            '{"id": 1}',
            MessageAttributes={
                "kind": {"DataType": "String", "StringValue": "order"},
                "blob": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
            },
        )
        await until(lambda: consumer.events and queue.is_empty)

    ((record,),) = [event["Records"] for event in consumer.events]
    attributes = record.pop("attributes")
    assert re.fullmatch(r"[0-9a-f-]{36}", record.pop("messageId"))
    assert record.pop("receiptHandle")
    assert record.pop("md5OfMessageAttributes")
    assert record == {
        "body": '{"id": 1}',
        "messageAttributes": {
            "kind": {
                "stringValue": "order",
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": "String",
            },
            "blob": {
                "binaryValue": "AAE=",
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": "Binary",
            },
        },
        "md5OfBody": hashlib.md5(b'{"id": 1}', usedforsecurity=False).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue.arn,
        "awsRegion": "us-east-1",
    }
    assert attributes["ApproximateReceiveCount"] == "1"
    assert {"SentTimestamp", "SenderId", "ApproximateFirstReceiveTimestamp"} <= attributes.keys()


async def test_batches_hold_no_more_than_the_batch_size(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Callable[..., str]
) -> None:
    queue = Queue(cloud)
    queue.send(*map(str, range(7)))
    connect(queue, consumer, BatchSize=3)
    async with following(context):
        await until(lambda: len(consumer.items) == 7 and queue.is_empty)

    assert sorted(consumer.items) == list("0123456")
    assert max(len(batch) for batch in consumer.finished) == 3


async def test_a_batching_window_gathers_more_than_one_call_returns(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Callable[..., str]
) -> None:
    queue = Queue(cloud)
    connect(queue, consumer, BatchSize=25, MaximumBatchingWindowInSeconds=60)
    async with following(context):
        queue.send(*map(str, range(25)))
        await until(lambda: queue.is_empty and consumer.finished)

    assert [len(batch) for batch in consumer.finished] == [25], "a full batch does not wait for the window"


async def test_only_failed_messages_of_a_reported_batch_come_back(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Callable[..., str]
) -> None:
    queue = Queue(cloud, VisibilityTimeout="300")
    queue.send("a", "bad", "c")
    connect(queue, consumer, FunctionResponseTypes=["ReportBatchItemFailures"])
    async with following(context):
        await until(lambda: queue.in_flight == 1 and queue.visible == 0)

    assert consumer.finished == [["a", "bad", "c"]]


async def test_a_report_without_its_setting_is_a_success(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Callable[..., str]
) -> None:
    queue = Queue(cloud)
    queue.send("bad")
    connect(queue, consumer)
    async with following(context):
        await until(lambda: consumer.finished and queue.is_empty)


@pytest.mark.parametrize("reason", ["fail", "exit"])
async def test_a_poison_message_is_tried_exactly_as_often_as_allowed_and_dies(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Callable[..., str], reason: str
) -> None:
    dead = Queue(cloud)
    redrive = json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 3})
    queue = Queue(cloud, VisibilityTimeout="1", RedrivePolicy=redrive)
    connect(queue, consumer, BatchSize=1)
    async with following(context):
        queue.send(reason, "good")
        await until(lambda: dead.visible == 1)
        letters = dead.receive()

    tries = [record["body"] for event in consumer.events for record in event["Records"]]
    assert tries.count(reason) == 3
    assert [letter["Body"] for letter in letters] == [reason]
    assert consumer.items == ["good"]
    assert queue.is_empty


async def test_filters_drop_messages_from_the_queue(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Callable[..., str]
) -> None:
    queue = Queue(cloud)
    queue.send('{"type": "a"}', '{"type": "b"}', "no JSON")
    pattern = json.dumps({"body": {"type": ["b"]}})
    connect(queue, consumer, FilterCriteria={"Filters": [{"Pattern": pattern}]})
    async with following(context):
        await until(lambda: consumer.finished and queue.is_empty)

    assert consumer.items == ['{"type": "b"}']


async def test_no_more_batches_run_at_once_than_the_maximum_concurrency(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Callable[..., str]
) -> None:
    queue = Queue(cloud, VisibilityTimeout="300")
    queue.send(*[f"hold {number}" for number in range(5)])
    connect(queue, consumer, BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})
    async with following(context):
        await until(lambda: len(consumer.events) == 2)
        assert (queue.in_flight, queue.visible) == (2, 3), "the others are not even received"
        consumer.release()
        await until(lambda: queue.is_empty)

    assert len(consumer.items) == 5


async def test_messages_of_a_group_stay_in_order_while_other_groups_go_on(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Callable[..., str]
) -> None:
    fifo = {"FifoQueue": "true", "ContentBasedDeduplication": "true", "VisibilityTimeout": "300"}
    queue = Queue(cloud, suffix=".fifo", **fifo)
    connect(queue, consumer, BatchSize=1)
    async with following(context):
        queue.send("hold 1", "second", MessageGroupId="slow")
        await until(lambda: len(consumer.events) == 1)
        queue.send("x", "y", MessageGroupId="quick")
        await until(lambda: len(consumer.items) == 2)
        assert consumer.items == ["x", "y"]
        consumer.release()
        await until(lambda: queue.is_empty)

    assert consumer.items == ["x", "y", "hold 1", "second"]


async def test_a_disabled_mapping_takes_nothing_until_it_is_enabled(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Callable[..., str]
) -> None:
    queue = Queue(cloud)
    mapping = connect(queue, consumer)
    async with following(context) as mappings:
        cloud.client("lambda").update_event_source_mapping(UUID=mapping, Enabled=False)
        await settle(mappings)
        queue.send("later")
        assert queue.visible == 1
        cloud.client("lambda").update_event_source_mapping(UUID=mapping, Enabled=True)
        await settle(mappings)
        await until(lambda: queue.is_empty)

    assert consumer.items == ["later"]


async def test_a_mapping_that_is_moved_feeds_the_other_function(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Callable[..., str], tmp_path: Path
) -> None:
    queue = Queue(cloud)
    mapping = connect(queue, consumer)
    other = Consumer(cloud, tmp_path, "other")
    async with following(context) as mappings:
        queue.send("first")
        await until(lambda: queue.is_empty)
        cloud.client("lambda").update_event_source_mapping(UUID=mapping, FunctionName="other")
        await settle(mappings)
        queue.send("second")
        await until(lambda: queue.is_empty)

    assert (consumer.items, other.items) == (["first"], ["second"])


async def test_a_deleted_mapping_finishes_what_it_began_and_takes_nothing_more(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Callable[..., str]
) -> None:
    queue = Queue(cloud)
    mapping = connect(queue, consumer)
    async with following(context) as mappings:
        queue.send("hold")
        await until(lambda: consumer.events)
        cloud.client("lambda").delete_event_source_mapping(UUID=mapping)
        assert await mappings.reconcile() is False, "it is not done yet"
        consumer.release()
        await settle(mappings)
        assert queue.is_empty
        queue.send("never taken")
        assert queue.visible == 1


async def test_nothing_is_taken_while_the_function_is_not_there(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Callable[..., str]
) -> None:
    queue = Queue(cloud)
    connect(queue, consumer)
    async with running_functions(context) as functions:
        cloud.client("lambda").delete_function(FunctionName=consumer.name)
        await functions.reconcile()
        mappings = Mappings(context, functions)
        with pytest.raises(LocalRuntimeError, match="waits for its function"):
            await mappings.reconcile()
        queue.send("kept")
        assert queue.visible == 1
        await mappings.close()


async def test_a_queue_that_is_gone_is_a_problem_that_names_it(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Callable[..., str]
) -> None:
    queue = Queue(cloud)
    connect(queue, consumer)
    cloud.client("sqs").delete_queue(QueueUrl=queue.url)
    async with following(context) as mappings:
        await until(lambda: any(poller.problem for poller in mappings._pollers.values()))
        with pytest.raises(LocalRuntimeError, match=queue.name):
            await mappings.reconcile()


async def test_the_end_of_the_runtime_waits_neither_for_polls_nor_for_slow_functions(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Callable[..., str]
) -> None:
    queue = Queue(cloud, VisibilityTimeout="300")
    connect(queue, consumer)
    async with following(context):
        queue.send("hold")
        await until(lambda: consumer.events)

    assert queue.in_flight == 1, "it comes back after its visibility timeout"
