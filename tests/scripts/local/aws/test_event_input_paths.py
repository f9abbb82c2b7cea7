"""What part of an event a target of EventBridge gets."""

import json
from collections.abc import Callable
from typing import Any

import pytest

Aws = Callable[[str], Any]

ACCOUNT = "arn:aws:sqs:us-east-1:123456789012"
EVENT = {"id": "1", "data": {"order_id": "2"}}


def received(aws: Aws, name: str, **target: Any) -> list[dict[str, Any]]:
    """The bodies of what a queue gets by a rule with this target, after one event."""
    events, sqs = aws("events"), aws("sqs")
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    events.create_event_bus(Name=name)
    pattern = json.dumps({"detail-type": ["order.placed"]})
    events.put_rule(Name="placed", EventBusName=name, EventPattern=pattern)
    targets = [{"Id": "queue", "Arn": f"{ACCOUNT}:{name}", **target}]
    events.put_targets(Rule="placed", EventBusName=name, Targets=targets)
    for detail_type in ("order.placed", "order.paid"):
        entry = {
            "Source": "shop",
            "DetailType": detail_type,
            "Detail": json.dumps(EVENT),
            "EventBusName": name,
        }
        events.put_events(Entries=[entry])
    messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    assert events.list_targets_by_rule(Rule="placed", EventBusName=name)["Targets"] == targets
    return [json.loads(message["Body"]) for message in messages]


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("$.detail", EVENT),
        ("$.detail.data.order_id", "2"),
        ("$.detail.none.such", None),
        ("$.source", "shop"),
    ],
)
def test_a_queue_gets_the_part_that_the_path_leads_to(aws: Aws, path: str, part: object) -> None:
    name = f"path-{path.removeprefix('$.').replace('.', '-')}"

    assert received(aws, name, InputPath=path) == [part]


def test_without_a_path_a_queue_gets_the_whole_event(aws: Aws) -> None:
    (event,) = received(aws, "whole")

    assert event["detail"] == EVENT
    assert (event["source"], event["detail-type"]) == ("shop", "order.placed")


def test_moto_itself_still_delivers_the_whole_event(moto: Aws) -> None:
    (event,) = received(moto, "path", InputPath="$.detail")

    assert event["detail"] == EVENT
