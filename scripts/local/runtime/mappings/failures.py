"""What a mapping's failure destination is told when records are given up."""

import json
import time
import uuid
from typing import Literal

from scripts.local.runtime.destinations import timestamp
from scripts.local.runtime.mappings.mapping import Mapping
from scripts.local.runtime.mappings.records import Part

Condition = Literal["RetryAttemptsExhausted", "RecordAgeExceeded"]


def failure_document(mapping: Mapping, shard: str, part: Part, condition: Condition) -> str:
    """Return the JSON document that tells where the records are that are given up.

    Its shape is that of the Lambda developer guide, "Retain discarded batch records for a Kinesis Data
    Streams event source in Lambda: example SNS and SQS invocation record".
    """
    first, last = part.records[0], part.records[-1]
    document = {
        "requestContext": {
            "requestId": part.last.request_id if part.last else str(uuid.uuid4()),
            "functionArn": mapping.function,
            "condition": condition,
            "approximateInvokeCount": part.invocations,
        },
        "version": "1.0",
        "timestamp": timestamp(time.time()),
        "KinesisBatchInfo": {
            "shardId": shard,
            "startSequenceNumber": first.sequence,
            "endSequenceNumber": last.sequence,
            "approximateArrivalOfFirstRecord": timestamp(first.arrival),
            "approximateArrivalOfLastRecord": timestamp(last.arrival),
            "batchSize": len(part.records),
            "streamArn": mapping.source,
        },
    }
    if part.last is not None:
        error = {"functionError": "Unhandled"} if part.last.error else {}
        document["responseContext"] = {"statusCode": 200, "executedVersion": "$LATEST", **error}
    return json.dumps(document)
