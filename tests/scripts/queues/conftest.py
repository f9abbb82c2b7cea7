"""Queues of a local AWS, to which the environment leads."""

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from scripts.local import environment
from scripts.local.aws import running


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    with running() as endpoint:
        yield endpoint


@pytest.fixture
def client(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Clients of the local AWS, to which the environment leads during the test."""
    for name, value in environment(endpoint).items():
        monkeypatch.setenv(name, value)
    return boto3.client  # type: ignore[return-value] # of any service


class Pair:
    """A queue with its dead-letter queue."""

    def __init__(self, sqs: Any, suffix: str) -> None:
        self.sqs = sqs
        self.name = f"work-{uuid.uuid4().hex[:8]}{suffix}"
        self.dead_name = self.name.removesuffix(suffix) + f"-dead-letters{suffix}"
        kind = {"FifoQueue": "true"} if suffix else {}
        self.dead = sqs.create_queue(QueueName=self.dead_name, Attributes=kind)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=self.dead, AttributeNames=["QueueArn"])
        policy = {"deadLetterTargetArn": arn["Attributes"]["QueueArn"], "maxReceiveCount": 5}
        self.url = sqs.create_queue(
            QueueName=self.name, Attributes=kind | {"RedrivePolicy": json.dumps(policy)}
        )["QueueUrl"]

    def bury(self, body: str, **more: Any) -> str:
        """Put a message among the dead; return its id."""
        return str(self.sqs.send_message(QueueUrl=self.dead, MessageBody=body, **more)["MessageId"])

    def waiting(self, url: str) -> list[dict[str, Any]]:
        """The messages of a queue, which are then gone from it."""
        found: list[dict[str, Any]] = []
        while messages := self.sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        ).get("Messages"):
            for message in messages:
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            found += messages
        return found

    def bodies(self, url: str) -> list[str]:
        return [message["Body"] for message in self.waiting(url)]


@pytest.fixture
def make(client: Callable[[str], Any]) -> Iterator[Callable[..., Pair]]:
    made: list[Pair] = []

    def make(suffix: str = "") -> Pair:
        made.append(Pair(client("sqs"), suffix))
        return made[-1]

    yield make
    for pair in made:
        for url in (pair.url, pair.dead):
            pair.sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def pair(make: Callable[..., Pair]) -> Pair:
    return make()
