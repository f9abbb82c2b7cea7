"""A batch of a stream: what of it is worked on, and what the function answers.

**Order.** Records of one key are worked on in their order. The first one that fails holds back those of its
key that follow; other keys go on.

**What Lambda does with the answer.** Of the failed records that an answer names, it takes the lowest of each
shard as its checkpoint, and delivers everything from there again: also what succeeded. (AWS Lambda Developer
Guide, "Configuring partial batch response with Kinesis Data Streams".) So the answer names the first one
only, and what succeeded behind it is remembered here, for as long as this execution environment lives, and is
not done twice. That saves work and is no promise: the next delivery may meet another environment. What a
function does with a record must bear being repeated all the same.
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypedDict

from lambdas.streams.records import Identifier, Record, records


class _Failure(TypedDict):
    itemIdentifier: Identifier


class Answer(TypedDict):
    """What Lambda is told: the first record of each lane that is to come again."""

    batchItemFailures: list[_Failure]


# Lane and place of each record behind a checkpoint that is done, the oldest first.
_done: dict[tuple[str, int], None] = {}
REMEMBERED = 20_000  # as many as are in two of the largest batches that there are


class Batch:
    """The records of one invocation.

    Iterating yields those to work on, in order; call `fail` for one that did not succeed, before the next is
    taken. At the end, `answer` is what the handler returns.
    """

    def __init__(self, event: Mapping[str, Any]) -> None:
        self._records = list(records(event))
        self._failed: list[Record] = []
        self._held_back: set[tuple[str, str]] = set()
        self._is_stopped = False

    def __iter__(self) -> Iterator[Record]:
        for record in self._records:
            if self._is_stopped or (record.lane, record.key) in self._held_back:
                self._failed.append(record)
            elif (record.lane, record.place) not in _done:
                yield record

    def fail(self, record: Record) -> None:
        """Have the record delivered again, with those of its key that follow."""
        self._failed.append(record)
        self._held_back.add((record.lane, record.key))

    def stop(self, record: Record) -> None:
        """Leave the record and all that follow to the next invocation, for want of time."""
        self.fail(record)
        self._is_stopped = True

    def answer(self) -> Answer:
        """Return the first record of each lane that failed, and remember what behind it did not."""
        first: dict[str, Record] = {}
        for record in self._failed:
            earlier = first.get(record.lane)
            if earlier is None or record.place < earlier.place:
                first[record.lane] = record
        failed = {(record.lane, record.place) for record in self._failed}
        for record in self._records:
            at = (record.lane, record.place)
            comes_again = record.lane in first and record.place >= first[record.lane].place
            if comes_again and at not in failed:
                _done[at] = None
            else:
                _done.pop(at, None)
        while len(_done) > REMEMBERED:
            del _done[next(iter(_done))]
        return {"batchItemFailures": [{"itemIdentifier": record.identifier} for record in first.values()]}
