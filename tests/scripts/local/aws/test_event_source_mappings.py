"""Event source mappings are the runtime's to run, not moto's."""

import importlib
import inspect
import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

ROLE = '{"Version":"2012-10-17","Statement":[]}'


def function(aws: Callable[[str], Any], name: str) -> str:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("handler.py", "def handler(event, context):\n    return None\n")
    role = aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument=ROLE)["Role"]["Arn"]
    created = aws("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="handler.handler",
        Role=role,
        Code={"ZipFile": archive.getvalue()},
    )
    return str(created["FunctionArn"])


def test_a_message_stays_in_its_queue_unread_although_a_mapping_exists(aws: Callable[[str], Any]) -> None:
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName="mapped")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    mapping = aws("lambda").create_event_source_mapping(
        EventSourceArn=attributes["QueueArn"], FunctionName=function(aws, "of-queue")
    )

    sqs.send_message(QueueUrl=url, MessageBody="kept")

    listed = aws("lambda").list_event_source_mappings(EventSourceArn=attributes["QueueArn"])
    assert [found["UUID"] for found in listed["EventSourceMappings"]] == [mapping["UUID"]]
    (message,) = sqs.receive_message(QueueUrl=url, AttributeNames=["All"])["Messages"]
    assert message["Body"] == "kept"
    assert message["Attributes"]["ApproximateReceiveCount"] == "1", "ours is the first reading"


def test_records_of_a_mapped_stream_are_written_without_running_the_function(
    aws: Callable[[str], Any],
) -> None:
    kinesis = aws("kinesis")
    kinesis.create_stream(StreamName="mapped", ShardCount=1)
    stream = kinesis.describe_stream(StreamName="mapped")["StreamDescription"]
    aws("lambda").create_event_source_mapping(
        EventSourceArn=stream["StreamARN"],
        FunctionName=function(aws, "of-stream"),
        StartingPosition="TRIM_HORIZON",
    )

    kinesis.put_record(StreamName="mapped", PartitionKey="c-1", Data=b"position")
    kinesis.put_records(StreamName="mapped", Records=[{"PartitionKey": "c-1", "Data": b"another"}])

    iterator = kinesis.get_shard_iterator(
        StreamName="mapped",
        ShardId=stream["Shards"][0]["ShardId"],
        ShardIteratorType="TRIM_HORIZON",
    )["ShardIterator"]
    records = kinesis.get_records(ShardIterator=iterator)["Records"]
    assert [record["Data"] for record in records] == [b"position", b"another"]


def test_writes_to_a_mapped_table_stay_in_its_stream(aws: Callable[[str], Any]) -> None:
    dynamodb, streams = aws("dynamodb"), aws("dynamodbstreams")
    arn = dynamodb.create_table(
        TableName="mapped",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]["LatestStreamArn"]
    aws("lambda").create_event_source_mapping(
        EventSourceArn=arn, FunctionName=function(aws, "of-table"), StartingPosition="TRIM_HORIZON"
    )

    dynamodb.put_item(TableName="mapped", Item={"id": {"S": "one"}})

    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]
    iterator = streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    assert len(streams.get_records(ShardIterator=iterator)["Records"]) == 1


@pytest.mark.parametrize(
    "field", ["sqs.models.Queue", "kinesis.models.Stream", "dynamodb.models.table.Table"]
)
def test_moto_itself_still_keeps_mappings_where_we_take_them_away(field: str) -> None:
    module, name = field.rsplit(".", 1)
    source = inspect.getsource(getattr(importlib.import_module(f"moto.{module}"), name))

    assert "self.lambda_event_source_mappings" in source
