"""Looks at the messages of a dead-letter queue and leaves them there."""

from collections.abc import Callable, Iterable, Iterator
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
            received = receive(client, url, most - len(found))
            found |= {message["MessageId"]: message for message in received}
            if not received:
                break
        yield list(found.values())
    finally:
        release(client, url, found.values())


def receive(client: Any, url: str, count: int, hidden: int = HIDDEN) -> list[Message]:
    """Return messages of a queue, ten at most and with all attributes; nobody else sees them for a while."""
    answer = client.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=min(CALL_LIMIT, count),
        MessageSystemAttributeNames=["All"],
        MessageAttributeNames=["All"],
        VisibilityTimeout=hidden,
        WaitTimeSeconds=1,  # a short poll asks some of SQS's servers only
    )
    messages: list[Message] = answer.get("Messages", [])
    return messages


def release(client: Any, url: str, messages: Iterable[Message]) -> None:
    """Let messages be received again; of those that were deleted, SQS says that they are gone."""
    handles = [message["ReceiptHandle"] for message in messages]
    for start in range(0, len(handles), CALL_LIMIT):
        entries = [
            {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": 0}
            for number, handle in enumerate(handles[start : start + CALL_LIMIT])
        ]
        client.change_message_visibility_batch(QueueUrl=url, Entries=entries)
