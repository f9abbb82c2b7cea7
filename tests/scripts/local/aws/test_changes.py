"""The local AWS says how often something was changed."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def changes(endpoint: str) -> Callable[[], int]:
    def read() -> int:
        return int(httpx.get(f"{endpoint}/_blueprint/changes", timeout=60).json()["changes"])

    return read


def test_what_changes_something_counts_in_every_protocol_and_what_reads_does_not(
    aws: Callable[[str], Any], changes: Callable[[], int]
) -> None:
    ssm, elb, s3, functions = aws("ssm"), aws("elbv2"), aws("s3"), aws("lambda")
    steps: list[tuple[Callable[[], Any], int]] = [
        (lambda: ssm.put_parameter(Name="/count", Value="1", Type="String"), 1),  # JSON
        (lambda: ssm.get_parameter(Name="/count"), 0),
        (ssm.describe_parameters, 0),
        (
            lambda: elb.create_target_group(Name="count", TargetType="ip", Port=1, Protocol="HTTP"),
            1,
        ),  # a form
        (elb.describe_target_groups, 0),
        (lambda: s3.create_bucket(Bucket="count"), 1),  # REST with XML
        (s3.list_buckets, 0),
        (functions.list_functions, 0),  # REST with JSON
        (lambda: functions.tag_resource(Resource="arn:aws:lambda:us-east-1:1:function:f", Tags={}), 1),
    ]
    for number, (step, expected) in enumerate(steps):
        before = changes()
        try:
            step()
        except ClientError:
            assert expected, f"step {number} was refused"
        assert changes() - before == expected, f"step {number}"


def test_traffic_is_no_change(aws: Callable[[str], Any], changes: Callable[[], int]) -> None:
    sqs, kinesis, dynamodb = aws("sqs"), aws("kinesis"), aws("dynamodb")
    url = sqs.create_queue(QueueName="count")["QueueUrl"]
    kinesis.create_stream(StreamName="count", ShardCount=1)
    dynamodb.create_table(
        TableName="count",
        KeySchema=[{"AttributeName": "name", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "name", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    before = changes()

    sqs.send_message(QueueUrl=url, MessageBody="here")
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    kinesis.put_record(StreamName="count", Data=b"here", PartitionKey="one")
    dynamodb.put_item(TableName="count", Item={"name": {"S": "lease"}})
    dynamodb.update_item(TableName="count", Key={"name": {"S": "lease"}}, AttributeUpdates={})
    dynamodb.delete_item(TableName="count", Key={"name": {"S": "lease"}})

    assert changes() == before
    sqs.delete_queue(QueueUrl=url)
    assert changes() == before + 1
