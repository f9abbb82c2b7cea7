"""Events as Lambda hands them to a function, field by field (AWS Lambda Developer Guide)."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

ACCOUNT_AND_REGION = ("123456789012", "us-east-1")
ARRIVED = 1764000000.5
MEDIA_BUCKET = "media"


def order_placed(order_id: UUID | str, **changes: Any) -> str:
    """The body of a message that tells of an order."""
    data = changes.pop("data", {"order_id": str(order_id)})
    return order_event("order.placed", order_id, data, **changes)


def order_event(kind: str, order_id: UUID | str, data: Any = None, **changes: Any) -> str:
    """The body of a message that tells what happened to an order; `data` are besides its id."""
    event = {
        "id": str(uuid4()),
        "type": kind,
        "version": 1,
        "occurred_at": "2025-11-24T12:00:00.000001Z",
        "aggregate_id": str(order_id),
        "data": {"order_id": str(order_id)} | (data or {}),
    }
    return json.dumps(event | changes)


def order_paid(*lines: tuple[int, int, int], **changes: Any) -> bytes:
    """The data of a record that tells of a paid order of (product, quantity, price of one) lines."""
    lines = lines or ((7, 2, 1999),)
    order_id = str(uuid4())
    event = {
        "id": str(uuid4()),
        "type": "order.paid",
        "version": 1,
        "occurred_at": "2025-11-24T12:00:30.000001Z",
        "aggregate_id": order_id,
        "data": {
            "order_id": order_id,
            "customer_id": str(uuid4()),
            "total_minor": sum(quantity * price for _, quantity, price in lines),
            "currency": "EUR",
            "lines": [
                {"product_id": product, "quantity": quantity, "unit_price_minor": price}
                for product, quantity, price in lines
            ],
        },
    }
    return json.dumps(event | changes).encode()


def delivered(message: Mapping[str, Any], queue_arn: str) -> dict[str, Any]:
    """A message that was received from a queue, as Lambda hands it to a function."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": ACCOUNT_AND_REGION[1],
    }


def media_uploaded(media_id: UUID, kind: str, **changes: Any) -> bytes:
    """The data of a record that tells of an upload into the bucket of media."""
    event = {
        "id": str(uuid4()),
        "type": "media.uploaded",
        "version": 1,
        "occurred_at": "2025-11-24T12:00:00.000001Z",
        "aggregate_id": str(media_id),
        "data": {
            "media_id": str(media_id),
            "kind": kind,
            "bucket": MEDIA_BUCKET,
            "key": f"quarantine/{media_id}",
            "content_type": "image/jpeg" if kind == "image" else "video/mp4",
            "size": 1000,
        },
    }
    return json.dumps(event | changes).encode()


def sqs(*bodies: str) -> dict[str, Any]:
    """A batch of messages of a standard queue; the ids are `message-0`, `message-1`, ..."""
    account, region = ACCOUNT_AND_REGION
    return {
        "Records": [
            {
                "messageId": f"message-{number}",
                "receiptHandle": f"AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a{number}",
                "body": body,
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    "SentTimestamp": "1764000000183",
                    "SenderId": "AIDAIENQZJOLO23YVJ4VO",
                    "ApproximateFirstReceiveTimestamp": "1764000000185",
                },
                "messageAttributes": {},
                "md5OfBody": hashlib.md5(body.encode(), usedforsecurity=False).hexdigest(),
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:{region}:{account}:order-notifications",
                "awsRegion": region,
            }
            for number, body in enumerate(bodies)
        ]
    }


def position(courier_id: str = "c-1", **changes: Any) -> bytes:
    """The data of a record that reports where a courier is."""
    report = {
        "courier_id": courier_id,
        "latitude": 52.52,
        "longitude": 13.405,
        "recorded_at": "2025-11-24T12:00:00Z",
    }
    return json.dumps(report | changes).encode()


def kinesis(*records: bytes, keys: Sequence[str] = (), first: int = 0) -> dict[str, Any]:
    """A batch of one shard's records, each with its key or `c-1`; sequence numbers end in `first` and on."""
    keys = keys or ["c-1"] * len(records)
    account, region = ACCOUNT_AND_REGION
    return {
        "Records": [
            {
                "kinesis": {
                    "kinesisSchemaVersion": "1.0",
                    "partitionKey": key,
                    "sequenceNumber": sequence_number(number),
                    "data": base64.b64encode(data).decode(),
                    "approximateArrivalTimestamp": ARRIVED,
                },
                "eventSource": "aws:kinesis",
                "eventVersion": "1.0",
                "eventID": f"shardId-000000000006:{sequence_number(number)}",
                "eventName": "aws:kinesis:record",
                "invokeIdentityArn": f"arn:aws:iam::{account}:role/position-writer",
                "awsRegion": region,
                "eventSourceARN": f"arn:aws:kinesis:{region}:{account}:stream/positions",
            }
            for number, (data, key) in enumerate(zip(records, keys, strict=True), first)
        ]
    }


def kafka(*partitions: Sequence[tuple[str | None, bytes]], first: int = 15) -> dict[str, Any]:
    """A batch of Amazon MSK: of each partition records with key and value; offsets are `first` and on."""
    account, region = ACCOUNT_AND_REGION
    return {
        "eventSource": "aws:kafka",
        "eventSourceArn": f"arn:aws:kafka:{region}:{account}:cluster/events/4f5a-7",
        "bootstrapServers": f"b-1.events.abc123.c1.kafka.{region}.amazonaws.com:9094",
        "records": {
            f"events-{partition}": [
                {
                    "topic": "events",
                    "partition": partition,
                    "offset": offset,
                    "timestamp": 1764000000000,
                    "timestampType": "CREATE_TIME",
                    **({} if key is None else {"key": base64.b64encode(key.encode()).decode()}),
                    "value": base64.b64encode(value).decode(),
                    "headers": [{"traceparent": [48, 48, 45, 98, 101]}],
                }
                for offset, (key, value) in enumerate(listed, first)
            ]
            for partition, listed in enumerate(partitions)
        },
    }


def sequence_number(number: int) -> str:
    """The sequence number of a batch's record."""
    return f"4959033827149025660855969253836157109592157598913658{number:04}"


def http(
    method: str, path: str, *, query: str = "", body: str = "", headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """A request in API Gateway's payload format 2.0."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {
            "accept": "*/*",
            "content-length": str(len(body)),
            "content-type": "application/json",
            "host": "abcdefghij.execute-api.us-east-1.amazonaws.com",
            "user-agent": "curl/8.5.0",
            "x-amzn-trace-id": "Root=1-5e723db7-4b3f2f4f4b3f2f4f4b3f2f4f",
            "x-forwarded-for": "203.0.113.7",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
            **(headers or {}),
        },
        "requestContext": {
            "accountId": ACCOUNT_AND_REGION[0],
            "apiId": "abcdefghij",
            "domainName": "abcdefghij.execute-api.us-east-1.amazonaws.com",
            "domainPrefix": "abcdefghij",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "curl/8.5.0",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "$default",
            "stage": "$default",
            "time": "24/Nov/2025:12:00:00 +0000",
            "timeEpoch": 1764000000000,
        },
        "body": body,
        "isBase64Encoded": False,
    }
