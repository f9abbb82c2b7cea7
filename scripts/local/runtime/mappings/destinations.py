"""What is sent to a mapping's failure destination when records are given up."""

import datetime
import json
import time
import uuid
from typing import Literal

from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.errors import LocalRuntimeError
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
        "timestamp": _time(time.time()),
        "KinesisBatchInfo": {
            "shardId": shard,
            "startSequenceNumber": first.sequence,
            "endSequenceNumber": last.sequence,
            "approximateArrivalOfFirstRecord": _time(first.arrival),
            "approximateArrivalOfLastRecord": _time(last.arrival),
            "batchSize": len(part.records),
            "streamArn": mapping.source,
        },
    }
    if part.last is not None:
        error = {"functionError": "Unhandled"} if part.last.error else {}
        document["responseContext"] = {"statusCode": 200, "executedVersion": "$LATEST", **error}
    return json.dumps(document)


async def send(aws: Aws, destination: str, document: str) -> None:
    """Send the document to the queue or topic with that ARN; raises `LocalRuntimeError` for others."""
    service, name = destination.split(":")[2], destination.rsplit(":", maxsplit=1)[-1]
    if service == "sqs":
        url = (await aws.call("sqs", "get_queue_url", QueueName=name))["QueueUrl"]
        await aws.call("sqs", "send_message", QueueUrl=url, MessageBody=document)
    elif service == "sns":
        await aws.call("sns", "publish", TopicArn=destination, Message=document)
    else:
        raise LocalRuntimeError(
            f"The failure destination {destination} is neither a queue nor a topic, which is all that this"
            " machine sends to."
        )


def _time(seconds: float) -> str:
    moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
