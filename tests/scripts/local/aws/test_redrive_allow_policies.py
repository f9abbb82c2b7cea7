"""Which queues may use a dead-letter queue."""

import json
from collections.abc import Callable
from typing import Any

POLICY = json.dumps(
    {"redrivePermission": "byQueue", "sourceQueueArns": ["arn:aws:sqs:us-east-1:123456789012:a"]}
)


def attributes_with_policy(sqs: Any) -> dict[str, str]:
    url = sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedriveAllowPolicy": POLICY})
    attributes: dict[str, str] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return attributes


def test_the_policy_of_a_dead_letter_queue_reads_back(aws: Callable[[str], Any]) -> None:
    assert attributes_with_policy(aws("sqs"))["RedriveAllowPolicy"] == POLICY


def test_a_policy_that_is_taken_away_is_shown_no_more(aws: Callable[[str], Any]) -> None:
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName="undone", Attributes={"RedriveAllowPolicy": POLICY})["QueueUrl"]

    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedriveAllowPolicy": ""})

    assert "Attributes" not in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedriveAllowPolicy"])


def test_a_queue_without_the_policy_shows_none(aws: Callable[[str], Any]) -> None:
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName="plain")["QueueUrl"]

    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]

    assert "RedriveAllowPolicy" not in attributes


def test_moto_itself_still_forgets_the_policy(moto: Callable[[str], Any]) -> None:
    assert "RedriveAllowPolicy" not in attributes_with_policy(moto("sqs"))
