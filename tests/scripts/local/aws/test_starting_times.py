"""Mappings of streams that start at a time."""

import datetime
from collections.abc import Callable
from typing import Any

from tests.scripts.local.aws.test_event_source_mappings import function

Aws = Callable[[str], Any]
START = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)


def mapped(aws: Aws, name: str) -> dict[str, Any]:
    """Map a stream from that time on, and return what is listed of the mapping."""
    aws("kinesis").create_stream(StreamName=name, ShardCount=1)
    stream = aws("kinesis").describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
    aws("lambda").create_event_source_mapping(
        EventSourceArn=stream,
        FunctionName=function(aws, name),
        StartingPosition="AT_TIMESTAMP",
        StartingPositionTimestamp=START,
    )
    [listed] = aws("lambda").list_event_source_mappings(EventSourceArn=stream)["EventSourceMappings"]
    found: dict[str, Any] = listed
    return found


def test_a_mapping_says_at_which_time_it_starts(aws: Aws) -> None:
    assert mapped(aws, "timed")["StartingPositionTimestamp"] == START


def test_moto_itself_still_keeps_the_time_to_itself(moto: Aws) -> None:
    assert "StartingPositionTimestamp" not in mapped(moto, "untimed")
