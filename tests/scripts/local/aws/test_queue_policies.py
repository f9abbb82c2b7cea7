"""The policy of a queue while its other attributes change."""

import json
from collections.abc import Callable
from typing import Any

POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": "TlsOnly", "Effect": "Deny"}]})


def attributes_after_a_change(sqs: Any, name: str, **change: str) -> dict[str, str]:
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": POLICY})
    sqs.set_queue_attributes(QueueUrl=url, Attributes=change)
    attributes: dict[str, str] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return attributes


def test_a_queue_keeps_its_policy_when_another_attribute_changes(aws: Callable[[str], Any]) -> None:
    attributes = attributes_after_a_change(aws("sqs"), "kept", VisibilityTimeout="60")

    assert json.loads(attributes["Policy"]) == json.loads(POLICY)
    assert attributes["VisibilityTimeout"] == "60"


def test_an_empty_policy_removes_it(aws: Callable[[str], Any]) -> None:
    assert "Policy" not in attributes_after_a_change(aws("sqs"), "removed", Policy="")


def test_moto_itself_still_removes_the_policy(moto: Callable[[str], Any]) -> None:
    assert "Policy" not in attributes_after_a_change(moto("sqs"), "forgotten", VisibilityTimeout="60")
