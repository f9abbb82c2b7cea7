"""Where a mapping sends what it gives up."""

import uuid

from tests.scripts.local.runtime.functions.cloud import Cloud


class Letters:
    """A queue that takes what is given up."""

    def __init__(self, cloud: Cloud) -> None:
        self._sqs = cloud.client("sqs")
        self._url = self._sqs.create_queue(QueueName=f"given-up-{uuid.uuid4().hex[:8]}")["QueueUrl"]
        answer = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        self.arn = answer["Attributes"]["QueueArn"]
        self.received: list[str] = []

    def receive(self) -> list[str]:
        """Take what is there, and return the bodies of all that was ever taken."""
        answer = self._sqs.receive_message(QueueUrl=self._url, WaitTimeSeconds=0)
        self.received += [message["Body"] for message in answer.get("Messages", [])]
        return self.received
