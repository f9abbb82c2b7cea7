"""What Lambda says of a mapping, read with the defaults that Lambda documents."""

import datetime
from typing import Any

import pytest

from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.mappings.mapping import Mapping

QUEUE = {
    "UUID": "1",
    "EventSourceArn": "arn:aws:sqs:eu-west-1:123456789012:orders",
    "FunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:mail",
    "State": "Enabled",
}
STREAM = {**QUEUE, "EventSourceArn": "arn:aws:kinesis:eu-west-1:123456789012:stream/positions"}


def mapping(item: dict[str, Any], **settings: Any) -> Mapping:
    return Mapping.of({**item, **settings})


def test_what_is_said_is_followed() -> None:
    at = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)
    stream = mapping(
        STREAM,
        BatchSize=7,
        MaximumBatchingWindowInSeconds=3,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        StartingPosition="AT_TIMESTAMP",
        StartingPositionTimestamp=at,
        MaximumRetryAttempts=0,
        MaximumRecordAgeInSeconds=60,
        BisectBatchOnFunctionError=True,
        ParallelizationFactor=4,
        DestinationConfig={"OnFailure": {"Destination": "arn:aws:sqs:eu-west-1:123456789012:dead"}},
    )
    assert (stream.batch_size, stream.window, stream.reports_failures) == (7, 3, True)
    assert (stream.starting_position, stream.at) == ("AT_TIMESTAMP", at)
    assert (stream.maximum_retries, stream.maximum_age, stream.bisects) == (0, 60, True)
    assert (stream.parallelization, stream.failure_destination) == (
        4,
        "arn:aws:sqs:eu-west-1:123456789012:dead",
    )


def test_a_source_is_known_by_service_region_and_name() -> None:
    consumer = f"{STREAM['EventSourceArn']}/consumer/map:1"
    assert (mapping(QUEUE).service, mapping(QUEUE).region, mapping(QUEUE).source_name) == (
        "sqs",
        "eu-west-1",
        "orders",
    )
    assert mapping(STREAM).source_name == mapping(STREAM, EventSourceArn=consumer).source_name == "positions"


@pytest.mark.parametrize("state", ["Disabled", "Disabling", "Deleting"])
def test_a_mapping_that_is_off_or_on_its_way_there_is_not_enabled(state: str) -> None:
    assert not mapping(QUEUE, State=state).enabled


def test_a_source_that_is_not_polled_here_is_named_with_those_that_are() -> None:
    table = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/1"
    with pytest.raises(LocalRuntimeError, match=r"dynamodb.*only polls kinesis and sqs"):
        mapping(QUEUE, EventSourceArn=table)
    with pytest.raises(LocalRuntimeError, match="self-managed"):
        mapping(QUEUE, EventSourceArn="")


def test_a_tumbling_window_is_refused_because_its_state_would_be_missing() -> None:
    with pytest.raises(LocalRuntimeError, match="has a tumbling window"):
        mapping(STREAM, TumblingWindowInSeconds=30)
