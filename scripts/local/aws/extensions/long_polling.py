"""SQS: a reader that waits for a message lets other requests in (see `scripts.local.aws.lock`).

Needed with every version of moto for as long as we serve one request at a time.
"""

from moto.sqs.models import Queue

from scripts.local.aws.lock import waiting

_wait = Queue.wait_for_messages


def install() -> None:
    """Wait without the lock."""
    Queue.wait_for_messages = _wait_without_the_lock  # type: ignore[assignment]


def _wait_without_the_lock(queue: Queue, timeout: int) -> None:
    with waiting():
        _wait(queue, timeout)
