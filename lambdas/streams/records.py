"""The records of a batch, whichever stream they come from."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Identifier = str | dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Record:
    """A record: `data` as the producer wrote it, `key` whose records keep their order.

    `lane` is what Lambda checkpoints by itself (a shard, or a topic's partition), and `place` the record's
    own in it: a sequence number or an offset, which grow. `identifier` is how an answer names the record.
    """

    key: str
    data: bytes
    lane: str
    place: int
    identifier: Identifier = field(compare=False)


def records(event: Mapping[str, Any]) -> Iterator[Record]:
    """Yield the records of an event of Lambda's, in the order of each lane.

    Kafka's shape is that of the AWS Lambda Developer Guide, "Using Lambda with Amazon MSK": a list of records
    for each `topic-partition`, with keys and values in base64. A record there may have no key, and then has
    no order to keep but that of its partition.
    """
    if "records" in event:
        for lane, listed in event["records"].items():
            for record in listed:
                yield _of_kafka(record, lane)
    else:
        for record in event["Records"]:
            yield _of_kinesis(record)


def _of_kinesis(record: Mapping[str, Any]) -> Record:
    kinesis = record["kinesis"]
    return Record(
        key=kinesis["partitionKey"],
        data=base64.b64decode(kinesis["data"]),
        lane=record["eventID"].partition(":")[0],
        place=int(kinesis["sequenceNumber"]),
        identifier=kinesis["sequenceNumber"],
    )


def _of_kafka(record: Mapping[str, Any], lane: str) -> Record:
    key = record.get("key")
    return Record(
        key=lane if key is None else base64.b64decode(key).decode(errors="backslashreplace"),
        data=base64.b64decode(record.get("value") or ""),  # a tombstone has none
        lane=lane,
        place=record["offset"],
        identifier={"partition": lane, "offset": record["offset"]},
    )
