"""Tags of streams and of their registered readers."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Aws = Callable[[str], Any]

STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream"


def tags_of(kinesis: Any, arn: str) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in kinesis.list_tags_for_resource(ResourceARN=arn)["Tags"]}


def test_a_stream_has_the_tags_of_its_creation_and_those_that_come_later(aws: Aws) -> None:
    kinesis = aws("kinesis")
    kinesis.create_stream(StreamName="tagged", ShardCount=1, Tags={"Stage": "dev"})
    kinesis.add_tags_to_stream(StreamName="tagged", Tags={"Project": "shop"})

    assert tags_of(kinesis, f"{STREAM}/tagged") == {"Stage": "dev", "Project": "shop"}
    listed = kinesis.list_tags_for_stream(StreamName="tagged")["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in listed} == {"Stage": "dev", "Project": "shop"}


def test_a_registered_reader_has_tags_of_its_own(aws: Aws) -> None:
    kinesis = aws("kinesis")
    kinesis.create_stream(StreamName="read", ShardCount=1)
    reader = kinesis.register_stream_consumer(
        StreamARN=f"{STREAM}/read", ConsumerName="writer", Tags={"Stage": "dev", "Left": "over"}
    )["Consumer"]["ConsumerARN"]

    kinesis.tag_resource(ResourceARN=reader, Tags={"Stage": "prod"})
    kinesis.untag_resource(ResourceARN=reader, TagKeys=["Left"])

    assert tags_of(kinesis, reader) == {"Stage": "prod"}
    assert tags_of(kinesis, f"{STREAM}/read") == {}


def test_tags_of_an_unknown_stream_or_reader_are_an_error(aws: Aws) -> None:
    kinesis = aws("kinesis")

    for arn in (f"{STREAM}/none", f"{STREAM}/none/consumer/none"):
        with pytest.raises(kinesis.exceptions.ResourceNotFoundException):
            kinesis.list_tags_for_resource(ResourceARN=arn)


def test_moto_itself_still_knows_no_tags_by_arn(moto: Aws) -> None:
    kinesis = moto("kinesis")
    kinesis.create_stream(StreamName="untagged", ShardCount=1, Tags={"Stage": "dev"})

    assert kinesis.list_tags_for_stream(StreamName="untagged")["Tags"] == []
    with pytest.raises(ClientError, match="500"):
        kinesis.list_tags_for_resource(ResourceARN=f"{STREAM}/untagged")
