"""Mappings of SQS queues: what Lambda documents, against a real queue and a real process."""

import hashlib
import json
import re
from typing import Any

import pytest

from scripts.local.runtime.context import Context
from scripts.local.runtime.mappings import events
from tests.scripts.local.runtime.functions.cloud import Cloud
from tests.scripts.local.runtime.mappings.conftest import Connect
from tests.scripts.local.runtime.mappings.consumer import Consumer, following, settle
from tests.scripts.local.runtime.mappings.queues import Queue
from tests.waiting import until


async def test_a_message_reaches_the_function_as_aws_sends_it_and_is_deleted(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Connect
) -> None:
    """Using Lambda with Amazon SQS: "When your function successfully processes a batch, Lambda deletes its
    messages from the queue."
    """
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
    cloud: Cloud, context: Context, consumer: Consumer, connect: Connect
) -> None:
    """How Lambda processes records from stream and queue-based event sources: "A batch size is the maximum
    number of records in a single batch."
    """
    queue = Queue(cloud)
    queue.send(*map(str, range(7)))
    connect(queue, consumer, BatchSize=3)
    async with following(context):
        await until(lambda: len(consumer.items) == 7 and queue.is_empty)

    assert sorted(consumer.items) == list("0123456")
    assert max(len(batch) for batch in consumer.finished) == 3


async def test_a_batching_window_gathers_more_than_one_call_returns(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Connect
) -> None:
    """How Lambda processes records from stream and queue-based event sources: "A batching window is the
    maximum amount of time to gather records into a single payload."
    """
    queue = Queue(cloud)
    connect(queue, consumer, BatchSize=25, MaximumBatchingWindowInSeconds=60)
    async with following(context):
        queue.send(*map(str, range(25)))
        await until(lambda: queue.is_empty and consumer.finished)

    assert [len(batch) for batch in consumer.finished] == [25], "a full batch does not wait for the window"


async def test_only_failed_messages_of_a_reported_batch_come_back(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Connect
) -> None:
    """Handling errors for an SQS event source in Lambda: "you can configure your event source mapping to
    make only the failed messages visible again. This is called a partial batch response."
    """
    queue = Queue(cloud, VisibilityTimeout="300")
    queue.send("a", "bad", "c")
    connect(queue, consumer, FunctionResponseTypes=["ReportBatchItemFailures"])
    async with following(context):
        await until(lambda: queue.in_flight == 1 and queue.visible == 0)

    assert consumer.finished == [["a", "bad", "c"]]


async def test_a_report_without_its_setting_is_a_success(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Connect
) -> None:
    """Handling errors for an SQS event source in Lambda: "To turn on partial batch responses, specify
    ReportBatchItemFailures for the FunctionResponseTypes action when configuring your event source mapping."
    """
    queue = Queue(cloud)
    queue.send("bad")
    connect(queue, consumer)
    async with following(context):
        await until(lambda: consumer.finished and queue.is_empty)


@pytest.mark.parametrize("reason", ["fail", "exit"])
async def test_a_poison_message_is_tried_exactly_as_often_as_allowed_and_dies(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Connect, reason: str
) -> None:
    """Creating and configuring an Amazon SQS event source mapping: "if your function fails to process a
    message multiple times, Amazon SQS can send it to a dead-letter queue."
    """
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
    cloud: Cloud, context: Context, consumer: Consumer, connect: Connect
) -> None:
    """Control which events Lambda sends to your function: "If an Amazon SQS message doesn't satisfy your
    filter criteria, Lambda automatically removes the message from the queue."
    """
    queue = Queue(cloud)
    queue.send('{"type": "a"}', '{"type": "b"}', "no JSON")
    pattern = json.dumps({"body": {"type": ["b"]}})
    connect(queue, consumer, FilterCriteria={"Filters": [{"Pattern": pattern}]})
    async with following(context):
        await until(lambda: consumer.finished and queue.is_empty)

    assert consumer.items == ['{"type": "b"}']


async def test_no_more_batches_run_at_once_than_the_maximum_concurrency(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Connect
) -> None:
    """Configuring scaling behavior for SQS event source mappings: "The maximum concurrency setting limits
    the number of concurrent instances of the function that an Amazon SQS event source can invoke."
    """
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
    cloud: Cloud, context: Context, consumer: Consumer, connect: Connect
) -> None:
    """Configuring scaling behavior for SQS event source mappings: "Amazon SQS ensures that messages in the
    same group are delivered to Lambda in order."
    """
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
    cloud: Cloud, context: Context, consumer: Consumer, connect: Connect
) -> None:
    """UpdateEventSourceMapping: "When true, the event source mapping is active. When false, Lambda pauses
    polling and invocation."
    """
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


async def test_a_batch_that_is_not_full_leaves_the_queue_when_its_window_ends(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Connect
) -> None:
    """How Lambda processes records from stream and queue-based event sources: "Lambda invokes your function
    when one of the following three criteria is met: The batching window reaches its maximum value."
    """
    queue = Queue(cloud)
    queue.send("a", "b")
    connect(queue, consumer, BatchSize=10, MaximumBatchingWindowInSeconds=1)
    async with following(context):
        await until(lambda: queue.is_empty)

    assert consumer.finished == [["a", "b"]]


async def test_messages_that_fill_an_event_do_not_wait_for_the_window(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How Lambda processes records from stream and queue-based event sources: "Lambda invokes your function
    when one of the following three criteria is met: The payload size reaches 6 MB."
    """
    monkeypatch.setattr(events, "MAX_EVENT", 2_000)  # tests/.../test_events.py has the real limit
    queue = Queue(cloud)
    connect(queue, consumer, BatchSize=100, MaximumBatchingWindowInSeconds=300)
    async with following(context):
        queue.send(*("x" * 1_000 for _ in range(2)))
        await until(lambda: consumer.finished and queue.is_empty)


async def test_filters_choose_what_a_batch_is_made_of(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Connect
) -> None:
    """Control which events Lambda sends to your function: "If you're using batching windows, Lambda applies
    your filter criteria to each new event to determine whether to add it to the current batch."
    """
    queue = Queue(cloud)
    pattern = json.dumps({"body": ["wanted"]})
    filters = {"Filters": [{"Pattern": pattern}]}
    connect(queue, consumer, BatchSize=3, MaximumBatchingWindowInSeconds=300, FilterCriteria=filters)
    async with following(context):
        queue.send("wanted", "other", "other", "wanted", "other", "wanted")
        await until(lambda: queue.is_empty)

    assert consumer.finished == [["wanted"] * 3]


async def test_all_messages_of_a_failed_batch_come_back_after_the_visibility_timeout(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Connect
) -> None:
    """Using Lambda with Amazon SQS: "By default, if your function encounters an error while processing a
    batch, all messages in that batch become visible in the queue again after the visibility timeout
    expires."
    """
    queue = Queue(cloud, VisibilityTimeout="1")
    queue.send("good", "fail")
    connect(queue, consumer)
    async with following(context):
        await until(lambda: len(consumer.events) == 2)

    assert [bodies(event) for event in consumer.events] == [["good", "fail"]] * 2


async def test_five_batches_are_worked_on_at_once_where_no_maximum_is_set(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Connect
) -> None:
    """Configuring scaling behavior for SQS event source mappings: "When messages are available, Lambda
    starts processing five batches at a time with five concurrent invocations of your function."
    """
    queue = Queue(cloud, VisibilityTimeout="300")
    queue.send(*[f"hold {number}" for number in range(7)])
    connect(queue, consumer, BatchSize=1)
    async with following(context):
        await until(lambda: queue.in_flight == 5 and consumer.events)
        assert queue.visible == 2


async def test_after_an_error_the_rest_of_a_group_waits_for_the_last_try(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Connect
) -> None:
    """Configuring scaling behavior for SQS event source mappings: "If your function returns an error, the
    function attempts all retries on the affected messages before Lambda receives additional messages from
    the same group."
    """
    dead = Queue(cloud, suffix=".fifo", FifoQueue="true")
    queue = Queue(
        cloud,
        suffix=".fifo",
        FifoQueue="true",
        ContentBasedDeduplication="true",
        VisibilityTimeout="1",
        RedrivePolicy=json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 2}),
    )
    queue.send("fail", "second", MessageGroupId="one")
    connect(queue, consumer, BatchSize=1)
    async with following(context):
        await until(lambda: queue.is_empty)

    assert [bodies(event) for event in consumer.events] == [["fail"], ["fail"], ["second"]]


def bodies(event: dict[str, Any]) -> list[str]:
    """Return the messages of an event."""
    return [record["body"] for record in event["Records"]]
