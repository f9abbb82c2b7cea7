"""Puts records of a stream again that a consumer gave up: read where they are, and put at the end."""

from collections.abc import Iterator
from typing import Any

from lambdas.dead_letter_handler.description import StreamRange
from scripts.queues.errors import QueuesError
from scripts.queues.pace import Pace

READ_LIMIT = 1_000
PUT_LIMIT = 100  # records of one PutRecords: a hundred of a MiB are what the call takes in bytes
ATTEMPTS = 8  # of a record that Kinesis refuses: one for its throughput, each later than the one before


def replay(kinesis: Any, given_up: StreamRange, pace: Pace) -> int:
    """Put the records of a range again, under their keys, and return how many.

    Every consumer of the stream sees them once more. Where a consumer worked on some keys of the shard only,
    the range has records of other keys, too.

    Raises:
        QueuesError: not all of them are in the stream any more, or it does not take them.
    """
    records = list(_records(kinesis, given_up))
    if len(records) < given_up.count:
        raise QueuesError(
            f"of {given_up.count} records in {given_up.shard}, {len(records)} are still in the stream: what "
            "is older than its retention is gone."
        )
    for start in range(0, len(records), PUT_LIMIT):
        _put(kinesis, _name(given_up), records[start : start + PUT_LIMIT], pace)
    return len(records)


def _records(kinesis: Any, given_up: StreamRange) -> Iterator[dict[str, Any]]:
    """Yield the records of a range."""
    iterator = kinesis.get_shard_iterator(
        StreamName=_name(given_up),
        ShardId=given_up.shard,
        ShardIteratorType="AT_SEQUENCE_NUMBER",
        StartingSequenceNumber=given_up.first,
    )["ShardIterator"]
    last = int(given_up.last)
    while iterator:
        answer = kinesis.get_records(ShardIterator=iterator, Limit=READ_LIMIT)
        for record in answer["Records"]:
            if int(record["SequenceNumber"]) > last:
                return
            yield record
        if not answer["Records"] and not answer.get("MillisBehindLatest"):
            return
        iterator = answer.get("NextShardIterator")


def _put(kinesis: Any, stream: str, records: list[dict[str, Any]], pace: Pace) -> None:
    """Put records in their order, as fast as the pace allows; those that are refused again."""
    waiting = [{"Data": record["Data"], "PartitionKey": record["PartitionKey"]} for record in records]
    for _ in waiting:
        pace.step()
    for attempt in range(ATTEMPTS):
        answer = kinesis.put_records(StreamName=stream, Records=waiting)
        results = zip(waiting, answer["Records"], strict=True)
        waiting = [record for record, result in results if "ErrorCode" in result]
        if not waiting:
            return
        for _ in range(2**attempt):
            pace.step()
    raise QueuesError(f"the stream {stream} refuses {len(waiting)} records: {answer['Records'][0]}")


def _name(given_up: StreamRange) -> str:
    return given_up.stream_arn.rpartition("/")[2]
