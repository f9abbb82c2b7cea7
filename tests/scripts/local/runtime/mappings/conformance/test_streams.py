"""Mappings of Kinesis streams: what Lambda documents, against a real stream and a real process."""

import asyncio
import base64
import datetime
import json
import time
from pathlib import Path

from scripts.local.runtime.context import Context
from tests.scripts.local.runtime.functions.cloud import Cloud, running_functions
from tests.scripts.local.runtime.mappings.conftest import Connect
from tests.scripts.local.runtime.mappings.consumer import Consumer, followed_by, following, settle
from tests.scripts.local.runtime.mappings.letters import Letters
from tests.scripts.local.runtime.mappings.progress import checkpoint, positions
from tests.scripts.local.runtime.mappings.streams import Stream
from tests.waiting import until


async def test_a_record_reaches_the_function_as_aws_sends_it(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Connect
) -> None:
    """How Lambda processes records from Amazon Kinesis Data Streams: "Lambda reads records from the data
    stream and invokes your function synchronously with an event that contains stream records."
    """
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
    cloud: Cloud, context: Context, consumer: Consumer, connect: Connect
) -> None:
    """How Lambda processes records from Amazon Kinesis Data Streams: "Each batch contains records from a
    single shard/data stream."
    """
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
    cloud: Cloud, context: Context, consumer: Consumer, connect: Connect
) -> None:
    """How Lambda processes records from Amazon Kinesis Data Streams: "If you increase the number of
    concurrent batches per shard, Lambda still ensures in-order processing at the partition-key level."
    """
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
    cloud: Cloud, context: Context, consumer: Consumer, connect: Connect
) -> None:
    """Retain discarded batch records for a Kinesis Data Streams event source in Lambda: "Each record sent to
    the destination is a JSON document with metadata about the failed invocation."
    """
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
    cloud: Cloud, context: Context, consumer: Consumer, connect: Connect
) -> None:
    """Configuring partial batch response with Kinesis Data Streams and Lambda: "Lambda uses the record with
    the lowest sequence number as the checkpoint. Lambda then retries all records starting from that
    checkpoint."
    """
    stream = Stream(cloud)
    stream.put(["a", "bad", "c", "d"])
    reports = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}
    connect(stream, consumer, BatchSize=3, MaximumRetryAttempts=1, **reports)
    async with following(context):
        await until(lambda: "d" in consumer.items)

    assert consumer.finished == [["a", "bad", "c"], ["bad", "c"], ["d"]]


async def test_records_that_are_too_old_go_to_the_failure_topic(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Connect
) -> None:
    """Retain discarded batch records for a Kinesis Data Streams event source in Lambda: "You can configure
    any Amazon SNS topic or Amazon SQS queue as a destination."
    """
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
    cloud: Cloud, context: Context, consumer: Consumer, connect: Connect
) -> None:
    """Control which events Lambda sends to your function: "Once your filter criteria processes an Kinesis or
    DynamoDB record, the streams iterator advances past this record."
    """
    stream = Stream(cloud)
    pattern = json.dumps({"data": {"type": ["b"]}})
    stream.put(['{"type": "a"}', '{"type": "b"}', "no JSON"])
    mapping = connect(stream, consumer, FilterCriteria={"Filters": [{"Pattern": pattern}]})
    async with following(context):
        await until(lambda: checkpoint(context, mapping) == "3")

    assert consumer.items == ['{"type": "b"}']


async def test_a_mapping_that_starts_at_the_latest_record_skips_none_that_comes_in_a_restart(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Connect
) -> None:
    """Process Amazon Kinesis Data Streams records with Lambda: "Latest - Process new records that are added
    to the stream."
    """
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
    cloud: Cloud, context: Context, consumer: Consumer, connect: Connect
) -> None:
    """Process Amazon Kinesis Data Streams records with Lambda: "At timestamp - Process records starting from
    a specific time."
    """
    stream = Stream(cloud)
    stream.put(["before"])
    start = int(time.time()) + 1
    await asyncio.sleep(start - time.time())  # moto, as Lambda's API, takes whole seconds
    stream.put(["since"])
    at = datetime.datetime.fromtimestamp(start, datetime.UTC)
    connect(stream, consumer, StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=at)
    async with following(context):
        await until(lambda: consumer.items)

    assert consumer.items == ["since"]


async def test_a_mapping_that_starts_at_the_trim_horizon_takes_all_that_is_there_and_what_follows(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Connect
) -> None:
    """Process Amazon Kinesis Data Streams records with Lambda: "Trim horizon - Process all records in the
    stream. After processing any existing records, the function is caught up and continues to process new
    records."
    """
    stream = Stream(cloud)
    stream.put("ab")
    connect(stream, consumer, StartingPosition="TRIM_HORIZON")
    async with following(context):
        await until(lambda: len(consumer.items) == 2)
        stream.put("c")
        await until(lambda: len(consumer.items) == 3)

    assert consumer.items == list("abc")


async def test_one_batch_of_a_shard_is_worked_on_at_a_time_while_other_shards_go_on(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Connect
) -> None:
    """How Lambda processes records from Amazon Kinesis Data Streams: "It processes one batch of records at a
    time from each shard."
    """
    stream = Stream(cloud, shards=2)
    connect(stream, consumer, BatchSize=1)
    async with following(context):
        (held,) = stream.put(["hold"], key="c-0")
        await until(lambda: consumer.events)
        elsewhere = 0
        for number in range(1, 7):
            (put,) = stream.put([str(number)], key=f"c-{number}")
            elsewhere += put["ShardId"] != held["ShardId"]
        await until(lambda: len(consumer.items) == elsewhere > 0)
        assert len(consumer.events) == elsewhere + 1, "nothing of the shard that is held up"


async def test_a_disabled_mapping_resumes_where_it_was(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Connect
) -> None:
    """Process Amazon Kinesis Data Streams records with Lambda: "Set to false to stop processing records.
    Lambda keeps track of the last record processed and resumes processing from that point when it's
    reenabled."
    """
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
    cloud: Cloud, context: Context, consumer: Consumer, connect: Connect
) -> None:
    """After Resharding (Kinesis Data Streams): "If you read data from the child shards before having read
    all data from the parent shards, you could read data for a particular hash key out of the order given by
    the data records' sequence numbers."
    """
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
    cloud: Cloud, context: Context, consumer: Consumer, connect: Connect, tmp_path: Path
) -> None:
    """How Lambda processes records from stream and queue-based event sources: "Processed items aren't
    removed from the stream, and other functions or consumers can process them."
    """
    stream, other = Stream(cloud), Consumer(cloud, tmp_path, "other")
    connect(stream, consumer)
    connect(stream, other)
    stream.put("abc")
    async with following(context):
        await until(lambda: len(consumer.items) == len(other.items) == 3)


async def test_a_batch_that_a_restart_interrupted_comes_again(
    cloud: Cloud, context: Context, consumer: Consumer, connect: Connect
) -> None:
    """How Lambda processes records from stream and queue-based event sources: "Lambda event source mappings
    process each event at least once, and duplicate processing of records can occur."
    """
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
