"""What a dead letter is about, as far as it can be told from the message alone.

Besides messages of the shop's events, dead-letter queues get documents: of Lambda, on a batch of a stream or
an asynchronous invocation that it gave up (AWS Lambda Developer Guide, "Adding an on-failure destination"),
and of EventBridge, on an event that it could not deliver (Amazon EventBridge User Guide, "Using dead-letter
queues").
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, Self

EXCERPT = 1_000  # characters

# What must not be copied: values under names of secrets, addresses, and numbers as long as a card's.
_SECRET = re.compile(
    r'("[^"]*(?:password|secret|token|authorization|cookie|credential|api_?key|card)[^"]*"\s*:\s*)'
    r'("(?:[^"\\]|\\.)*"?|[^,}\s]+)',
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
_CARD = re.compile(r"(?<![\w-])\d(?:[ -]?\d){11,18}(?![\w-])")

Kind = Literal["message", "stream failure", "function failure", "undelivered event"]
Document = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class StreamRange:
    """The records of a stream that were given up: the first and the last, and how many, of one shard."""

    stream_arn: str
    shard: str
    first: str
    last: str
    count: int

    @classmethod
    def of(cls, document: Document) -> Self | None:
        """Return the range that Lambda's document names; None where it names none."""
        batch = document.get("KinesisBatchInfo")
        if not isinstance(batch, dict):
            return None
        try:
            return cls(
                stream_arn=str(batch["streamArn"]),
                shard=str(batch["shardId"]),
                first=str(batch["startSequenceNumber"]),
                last=str(batch["endSequenceNumber"]),
                count=int(batch["batchSize"]),
            )
        except (KeyError, TypeError, ValueError):
            return None


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    """A dead letter. Texts are empty where nothing is known; times are in UTC.

    `receives` counts those who looked as well. `reason` is what the service said that gave it up, `function`
    the ARN of the one that failed. Of an event, `event_type`, `event_id` and `aggregate_id` are known.
    """

    queue: str
    message_id: str
    kind: Kind
    reason: str
    event_type: str
    event_id: str
    aggregate_id: str
    function: str
    records: StreamRange | None
    receives: int
    sent_at: datetime
    first_received_at: datetime
    size: int
    excerpt: str


def describe(queue: str, message: Mapping[str, Any]) -> DeadLetter:
    """Describe a message that was received from a queue, with all its attributes, by boto3."""
    body, attributes = message["Body"], message["Attributes"]
    document = _parsed(body)
    told = {
        name: value.get("StringValue", "") for name, value in message.get("MessageAttributes", {}).items()
    }
    records = StreamRange.of(document)
    context = _object(document.get("requestContext"))
    event = _object(document.get("detail")) or document
    return DeadLetter(
        queue=queue,
        message_id=message["MessageId"],
        kind=_kind(document, told, records),
        reason=str(told.get("ERROR_CODE") or context.get("condition") or ""),
        event_type=_text(event, "type"),
        event_id=_text(event, "id"),
        aggregate_id=_text(event, "aggregate_id"),
        function=_text(context, "functionArn"),
        records=records,
        receives=int(attributes["ApproximateReceiveCount"]),
        sent_at=_time(attributes["SentTimestamp"]),
        first_received_at=_time(attributes["ApproximateFirstReceiveTimestamp"]),
        size=len(body.encode()),
        excerpt=excerpt(body),
    )


def excerpt(body: str) -> str:
    """Return the beginning of a body without what is nobody else's business."""
    text = _SECRET.sub(r'\1"***"', body[: 2 * EXCERPT])
    text = _CARD.sub("***", _ADDRESS.sub("***", text))
    return text if len(text) <= EXCERPT and len(body) <= 2 * EXCERPT else f"{text[: EXCERPT - 3]}..."


def _kind(document: Document, told: Mapping[str, str], records: StreamRange | None) -> Kind:
    if records:
        return "stream failure"
    if "requestContext" in document and "requestPayload" in document:
        return "function failure"
    return "undelivered event" if "RULE_ARN" in told else "message"


def _parsed(body: str) -> Document:
    try:
        return _object(json.loads(body))
    except (ValueError, RecursionError):
        return {}


def _object(value: object) -> Document:
    return value if isinstance(value, dict) else {}


def _text(document: Document, name: str) -> str:
    value = document.get(name)
    return value[:EXCERPT] if isinstance(value, str) else ""


def _time(milliseconds: str) -> datetime:
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
