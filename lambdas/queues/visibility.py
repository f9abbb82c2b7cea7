"""How long messages that were received stay hidden: longer while they are worked on, and after a failure.

A queue hides what it delivered for its visibility timeout, the same for all. Two things are better decided by
who works on a message:

- **Heartbeat**: while the work lasts, the messages are hidden again and again, each time for a short while.
  So long work is not handed to another consumer beside this one, and when this one dies, its messages soon
  come back.
- **Delayed retries**: what failed comes back later with each attempt (exponential back-off), and at a random
  moment of that time's second half (equal jitter), so that what failed together does not come back together,
  and no message has had all of its attempts within seconds.
"""

import logging
import random
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

logger = logging.getLogger(__name__)

BEAT = 10.0  # seconds between two heartbeats
HELD = 45  # seconds for which each hides the messages: some may fail
# Seconds. Five attempts, which is what queues of the presets allow, stretch over some minutes: as long as a
# database takes to fail over.
FIRST_DELAY = 20
LONGEST_DELAY = 900
CALL_LIMIT = 10  # messages of one ChangeMessageVisibilityBatch (Amazon SQS API Reference)

Record = Mapping[str, Any]  # a message, as Lambda hands it to a function


class Visibility:
    """Changes when messages of a batch can be received again, with a client of SQS.

    It never raises: where SQS does not answer, the queue's own timeout holds.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    @contextmanager
    def held(self, records: Sequence[Record]) -> Iterator[None]:
        """Keep messages hidden until the block ends, however long it takes."""
        is_over = threading.Event()

        def beat() -> None:
            while not is_over.wait(BEAT):
                self.hide([(record, HELD) for record in records])

        heart = threading.Thread(target=beat, name="heartbeat", daemon=True)
        heart.start()
        try:
            yield
        finally:
            is_over.set()
            heart.join()

    def postpone(self, failed: Iterable[Record]) -> None:
        """Let messages that failed come back after a while that grows with how often they were received.

        Messages of one group (FIFO) come back with the first of them, or its group would stay locked.
        """
        groups: dict[str, int] = {}
        delays = []
        for record in failed:
            attributes = record["attributes"]
            own = delay_after(int(attributes["ApproximateReceiveCount"]))
            group = attributes.get("MessageGroupId")
            delays.append((record, own if group is None else groups.setdefault(group, own)))
        self.hide(delays)

    def hide(self, records: Sequence[tuple[Record, int]]) -> None:
        """Hide messages for so many seconds from now on."""
        for start in range(0, len(records), CALL_LIMIT):
            part = records[start : start + CALL_LIMIT]
            entries = [
                {"Id": str(number), "ReceiptHandle": record["receiptHandle"], "VisibilityTimeout": seconds}
                for number, (record, seconds) in enumerate(part)
            ]
            url = self._url_of(part[0][0]["eventSourceARN"])
            try:
                answer = self._client.change_message_visibility_batch(QueueUrl=url, Entries=entries)
            except (BotoCoreError, ClientError) as error:
                logger.warning("messages keep their visibility: %s", error)
                continue
            for refusal in answer.get("Failed", []):
                message_id = part[int(refusal["Id"])][0]["messageId"]
                logger.warning("message %s keeps its visibility: %s", message_id, refusal)

    def _url_of(self, arn: str) -> str:
        """Return a queue's URL: what a queue's ARN says, at the address of its region's SQS."""
        *_, account, name = arn.split(":")
        return f"{self._client.meta.endpoint_url}/{account}/{name}"


def delay_after(receives: int) -> int:
    """Return the seconds until a message comes back that was received, and failed, so many times."""
    longest = min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(receives - 1, 10))
    return random.randint(longest // 2, longest)  # noqa: S311 - spreads load, guards nothing
