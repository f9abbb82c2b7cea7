"""The events that Lambda makes of messages and records.

Their shapes are those of the Lambda developer guide: "Using Lambda with Amazon SQS: example standard queue
message event" and "Using Lambda to process records from Amazon Kinesis Data Streams: example event".
"""

import base64
import json
from collections.abc import Iterable, Iterator
from typing import Any

from scripts.local.runtime.mappings.mapping import Mapping

# Bytes. Lambda developer guide, "Batching behavior": a batch is also complete when "the payload size reaches
# 6 MB". Some room is left for the event around its records.
MAX_EVENT = 6 * 2**20 - 2**10

Record = dict[str, Any]


def sqs_record(message: dict[str, Any], mapping: Mapping) -> Record:
    """Make a record of a message that `ReceiveMessage` returned with all of its attributes."""
    record = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": {
            name: _sqs_attribute(value) for name, value in message.get("MessageAttributes", {}).items()
        },
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": mapping.source,
        "awsRegion": mapping.region,
    }
    if "MD5OfMessageAttributes" in message:
        record["md5OfMessageAttributes"] = message["MD5OfMessageAttributes"]
    return record


def _sqs_attribute(value: dict[str, Any]) -> Record:
    attribute: Record = {"stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}
    if "StringValue" in value:
        attribute["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        attribute["binaryValue"] = base64.b64encode(value["BinaryValue"]).decode()
    return attribute


def kinesis_record(record: dict[str, Any], shard: str, mapping: Mapping, role: str) -> Record:
    """Make a record of one that `GetRecords` returned for a shard; `role` is the function's."""
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": record["PartitionKey"],
            "sequenceNumber": record["SequenceNumber"],
            "data": base64.b64encode(record["Data"]).decode(),
            "approximateArrivalTimestamp": record["ApproximateArrivalTimestamp"].timestamp(),
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard}:{record['SequenceNumber']}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": role,
        "awsRegion": mapping.region,
        "eventSourceARN": mapping.source,
    }


def event(records: Iterable[Record]) -> bytes:
    """Return the event of these records."""
    return json.dumps({"Records": list(records)}).encode()


def size(record: Record) -> int:
    """Return how many bytes the record takes in an event."""
    return len(json.dumps(record)) + 2


def split(records: Iterable[Record], limit: int = MAX_EVENT) -> Iterator[list[Record]]:
    """Split records into as few events as take `limit` bytes at most each, in order."""
    part: list[Record] = []
    room = limit
    for record in records:
        needed = size(record)
        if part and needed > room:
            yield part
            part, room = [], limit
        part.append(record)
        room -= needed
    if part:
        yield part
