"""The dead letters of a queue, as they can be seen without taking them out."""

from dataclasses import dataclass

from lambdas.dead_letter_handler.description import DeadLetter, describe
from lambdas.dead_letter_handler.peeking import peeked
from scripts.queues.overview import Queue
from scripts.reach import Reach


@dataclass(frozen=True)
class Letters:
    """What was seen of a queue: the letters, and how many messages SQS says that there are."""

    seen: list[DeadLetter]
    total: int


def letters(reach: Reach, dead: Queue, most: int) -> Letters:
    """Look at `most` messages of a queue, and leave them there; each look counts as a receive."""
    with peeked(reach.client("sqs"), dead.url, most) as messages:
        seen = [describe(dead.name, message) for message in messages]
    return Letters(seen, max(len(seen), dead.waiting + dead.in_flight))
