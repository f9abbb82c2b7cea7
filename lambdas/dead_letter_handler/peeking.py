"""Looks at the messages of a dead-letter queue and leaves them there."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

HIDDEN = 60  # seconds that the messages are hidden at most, should whoever looks die
CALL_LIMIT = 10  # messages of one call (Amazon SQS API Reference)

Message = dict[str, Any]


@contextmanager
def peeked(
    client: Any, url: str, most: int, go_on: Callable[[], bool] = lambda: True
) -> Iterator[list[Message]]:
    """Yield messages of a queue, `most` at most, and let others receive them again when the block ends.

    `go_on` says whether there is time for more. Each look counts as a receive. Of one group of a FIFO queue,
    SQS shows as many as it delivers at once: ten.
    """
    found: dict[str, Message] = {}
    try:
        while len(found) < most and go_on():
            received = _receive(client, url, min(CALL_LIMIT, most - len(found)))
            found |= {message["MessageId"]: message for message in received}
            if not received:
                break
        yield list(found.values())
    finally:
        _release(client, url, list(found.values()))


def _receive(client: Any, url: str, count: int) -> list[Message]:
    answer = client.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=count,
        MessageSystemAttributeNames=["All"],
        MessageAttributeNames=["All"],
        VisibilityTimeout=HIDDEN,
        WaitTimeSeconds=1,  # a short poll asks some of SQS's servers only
    )
    messages: list[Message] = answer.get("Messages", [])
    return messages


def _release(client: Any, url: str, messages: list[Message]) -> None:
    for start in range(0, len(messages), CALL_LIMIT):
        entries = [
            {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0}
            for number, message in enumerate(messages[start : start + CALL_LIMIT])
        ]
        client.change_message_visibility_batch(QueueUrl=url, Entries=entries)
