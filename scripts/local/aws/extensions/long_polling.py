"""SQS: a reader that waits for a message lets other requests in (see `scripts.local.aws.lock`).

Needed with every version of moto for as long as we serve one request at a time; and for moto 5.2.5, whose
long poll of a FIFO queue spins while messages wait for their group, and never learns that it is free again.
"""

import time
from typing import Any

from moto.sqs.models import Message, Queue, SQSBackend

from scripts.local.aws.lock import waiting

LOOK_EVERY = 1.0  # seconds: messages become visible again without anybody's doing
PAUSE = 0.1  # seconds between looks at messages of a FIFO queue that wait for their group

_receive = SQSBackend.receive_message


def install() -> None:
    """Wait without the lock."""
    SQSBackend.receive_message = _receive_within  # type: ignore[assignment]


def _receive_within(self: SQSBackend, queue_name: str, count: int, wait: int, *rest: Any) -> list[Message]:
    """Receive messages as moto does without waiting, again and again until there are some or time is up."""
    deadline = time.monotonic() + wait
    while True:
        messages = _receive(self, queue_name, count, 0, *rest)
        left = deadline - time.monotonic()
        if messages or left <= 0:
            return messages
        queue = self.get_queue(queue_name)
        with waiting():
            _wait_for_a_change(queue, left)


def _wait_for_a_change(queue: Queue, at_most: float) -> None:
    if queue.messages:
        time.sleep(min(PAUSE, at_most))
    else:
        queue.wait_for_messages(min(LOOK_EVERY, at_most))  # type: ignore[arg-type]
