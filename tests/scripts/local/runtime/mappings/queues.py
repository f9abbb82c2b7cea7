"""A queue that a mapping can have as its source."""

import uuid
from typing import Any

from tests.scripts.local.runtime.functions.cloud import Cloud


class Queue:
    """A queue of the local AWS."""

    def __init__(self, cloud: Cloud, *, suffix: str = "", **attributes: str) -> None:
        self._sqs = cloud.client("sqs")
        self.name = f"orders-{uuid.uuid4().hex[:8]}{suffix}"
        self.url = self._sqs.create_queue(QueueName=self.name, Attributes=attributes)["QueueUrl"]
        self.arn = self.attribute("QueueArn")

    def send(self, *bodies: str, **arguments: Any) -> None:
        for body in bodies:
            self._sqs.send_message(QueueUrl=self.url, MessageBody=body, **arguments)

    def attribute(self, name: str) -> str:
        answer = self._sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["All"])
        return str(answer["Attributes"][name])

    @property
    def visible(self) -> int:
        return int(self.attribute("ApproximateNumberOfMessages"))

    @property
    def in_flight(self) -> int:
        return int(self.attribute("ApproximateNumberOfMessagesNotVisible"))

    @property
    def is_empty(self) -> bool:
        return self.visible + self.in_flight == 0

    def receive(self) -> list[dict[str, Any]]:
        answer = self._sqs.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10, AttributeNames=["All"], WaitTimeSeconds=0
        )
        return list(answer.get("Messages", []))
