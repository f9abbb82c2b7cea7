"""Functions that are fed by a registered reader of a stream."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.scripts.local.aws.test_event_source_mappings import function

Aws = Callable[[str], Any]


def reader(aws: Aws, stream: str) -> str:
    kinesis = aws("kinesis")
    kinesis.create_stream(StreamName=stream, ShardCount=1)
    arn = kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]["StreamARN"]
    consumer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="writer")["Consumer"]
    return str(consumer["ConsumerARN"])


def create(aws: Aws, source: str, name: str) -> dict[str, Any]:
    created: dict[str, Any] = aws("lambda").create_event_source_mapping(
        EventSourceArn=source,
        FunctionName=function(aws, name),
        StartingPosition="TRIM_HORIZON",
        BatchSize=500,
    )
    return created


def test_a_mapping_of_a_reader_reads_back_with_the_readers_arn(aws: Aws) -> None:
    source = reader(aws, "read-alone")

    mapping = create(aws, source, "alone")

    assert aws("lambda").get_event_source_mapping(UUID=mapping["UUID"])["EventSourceArn"] == source
    listed = aws("lambda").list_event_source_mappings(EventSourceArn=source)["EventSourceMappings"]
    assert [(it["UUID"], it["BatchSize"]) for it in listed] == [(mapping["UUID"], 500)]


def test_a_reader_that_is_not_registered_feeds_nobody(aws: Aws) -> None:
    source = reader(aws, "unregistered").replace("writer", "nobody")

    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        create(aws, source, "nobody")


def test_moto_itself_still_refuses_readers(moto: Aws) -> None:
    with pytest.raises(ClientError, match="Invalid EventSourceArn"):
        create(moto, reader(moto, "refused"), "refused")
