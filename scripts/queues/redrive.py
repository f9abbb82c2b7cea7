"""Moves dead letters back to where they came from, at a bounded rate, and loses none.

Each is sent before it is deleted: who is interrupted between the two has it twice, which consumers bear. Only
what was shown before is moved, so that what fails again meanwhile is not moved in circles.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from lambdas.dead_letter_handler.description import DeadLetter, describe
from lambdas.dead_letter_handler.peeking import Message, receive, release
from scripts.queues.errors import QueuesError
from scripts.queues.overview import Queue
from scripts.queues.pace import Pace
from scripts.queues.streams import replay
from scripts.reach import Reach

BATCH = 10
# Amazon SQS Developer Guide, "Exactly-once processing in Amazon SQS": a message with the deduplication id of
# one that was sent within five minutes is accepted and not delivered.
DEDUPLICATED = timedelta(minutes=5)


@dataclass
class Outcome:
    """What became of the messages, by their ids: moved, or left where they are and why.

    `records` are those of streams that were put again.
    """

    moved: list[str] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)
    records: int = 0


@dataclass(frozen=True)
class Redrive:
    """Moves messages of a dead-letter queue to its source, or records that it tells of to their stream."""

    reach: Reach
    dead: Queue
    source: Queue | None
    pace: Pace
    on_done: Callable[[], None] = lambda: None

    def move(self, wanted: Collection[str]) -> Outcome:
        """Move the messages with these ids, as far as they are still there."""
        outcome = Outcome()
        groups: set[str] = set()  # of which a message is left: those behind it stay, too
        with self._received() as take:
            while len(outcome.moved) + len(outcome.left) < len(wanted) and (messages := take()):
                for message in messages:
                    if message["MessageId"] in wanted:
                        self._move(message, outcome, groups)
                        self.on_done()
        for message_id in set(wanted) - outcome.left.keys() - set(outcome.moved):
            outcome.left[message_id] = "it was not there any more, or in somebody's hands"
        return outcome

    def _move(self, message: Mapping[str, Any], outcome: Outcome, groups: set[str]) -> None:
        letter, group = describe(self.dead.name, message), message["Attributes"].get("MessageGroupId", "")
        if group and group in groups:
            outcome.left[letter.message_id] = "one of its group before it stays"
            return
        try:
            outcome.records += self._bring_back(message, letter)
        except (QueuesError, ClientError) as error:
            outcome.left[letter.message_id] = str(error)
            groups.add(group)
            return
        self.reach.client("sqs").delete_message(
            QueueUrl=self.dead.url, ReceiptHandle=message["ReceiptHandle"]
        )
        outcome.moved.append(letter.message_id)

    def _bring_back(self, message: Mapping[str, Any], letter: DeadLetter) -> int:
        """Send a message to where it came from, or put the records that it tells of; return how many."""
        if self.source:
            self._send(self.source, message, letter)
            return 0
        if letter.records:
            return replay(self.reach.client("kinesis"), letter.records, self.pace)
        raise QueuesError(f"nobody knows where a message of kind {letter.kind!r} came from")

    def _send(self, source: Queue, message: Mapping[str, Any], letter: DeadLetter) -> None:
        more: dict[str, Any] = {}
        if source.is_fifo:
            free_at = letter.sent_at + DEDUPLICATED
            if datetime.now(UTC) < free_at:
                raise QueuesError(
                    f"SQS would take it for a repetition until {free_at:%H:%M:%S} UTC: try later"
                )
            told = message["Attributes"]
            names = ("MessageGroupId", "MessageDeduplicationId")
            more |= {name: told[name] for name in names}
        if attributes := message.get("MessageAttributes"):
            more["MessageAttributes"] = attributes
        self.pace.step()
        self.reach.client("sqs").send_message(QueueUrl=source.url, MessageBody=message["Body"], **more)

    @contextmanager
    def _received(self) -> Iterator[Callable[[], list[Message]]]:
        """Yield what receives messages; those that are not deleted can be received again at the end."""
        sqs, url = self.reach.client("sqs"), self.dead.url
        hidden = min(43_200, int(120 + BATCH / self.pace.rate))  # longer than a batch takes
        held: dict[str, Message] = {}

        def take() -> list[Message]:
            messages = receive(sqs, url, BATCH, hidden)
            held.update((message["MessageId"], message) for message in messages)
            return messages

        try:
            yield take
        finally:
            release(sqs, url, held.values())
