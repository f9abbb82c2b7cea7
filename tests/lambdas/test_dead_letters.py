"""What died is described once, without what is private in it, and stays in its queue."""

import json
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any
from uuid import uuid4

import pytest

from lambdas.dead_letter_handler.description import EXCERPT, DeadLetter, describe, excerpt
from lambdas.dead_letter_handler.peeking import peeked
from tests.lambdas.aws_events import order_event, order_placed
from tests.lambdas.conftest import Context

ColdStart = Callable[[str], ModuleType]
ORDER = "0197a000-0000-7000-8000-000000000001"
STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/positions"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:position-writer"
STREAM_FAILURE = json.dumps(
    {
        "requestContext": {
            "requestId": "c9b8fa9f-5a7f-xmpl-af9c-0c604cde93a5",
            "functionArn": FUNCTION,
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 3,
        },
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "version": "1.0",
        "timestamp": "2025-11-24T12:00:00.000Z",
        "KinesisBatchInfo": {
            "shardId": "shardId-000000000001",
            "startSequenceNumber": "49590338271490256608559692538361571095921575989136588898",
            "endSequenceNumber": "49590338271490256608559692538361571095921575989136588899",
            "approximateArrivalOfFirstRecord": "2025-11-24T12:00:00.000Z",
            "approximateArrivalOfLastRecord": "2025-11-24T12:00:01.000Z",
            "batchSize": 2,
            "streamArn": STREAM,
        },
    }
)


class Dead:
    """A dead-letter queue and the table of what is in it."""

    def __init__(self, client: Callable[[str], Any], suffix: str) -> None:
        self.sqs, self.dynamodb = client("sqs"), client("dynamodb")
        self.table = f"dead-letters-{uuid4().hex[:8]}"
        self.name = f"dead-{uuid4().hex[:8]}{suffix}"
        kind = {"FifoQueue": "true"} if suffix else {}
        self.url = self.sqs.create_queue(QueueName=self.name, Attributes=kind)["QueueUrl"]
        keys = {"queue": "HASH", "message_id": "RANGE"}
        self.dynamodb.create_table(
            TableName=self.table,
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in keys],
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()],
            BillingMode="PAY_PER_REQUEST",
        )

    def send(self, body: str, **more: Any) -> str:
        return str(self.sqs.send_message(QueueUrl=self.url, MessageBody=body, **more)["MessageId"])

    def items(self) -> dict[str, dict[str, str]]:
        """What is in the table, by message."""
        found = self.dynamodb.scan(TableName=self.table)["Items"]
        flat = [{name: next(iter(value.values())) for name, value in item.items()} for item in found]
        return {item["message_id"]: item for item in flat}

    def bodies(self) -> list[str]:
        """What can be received, all at once."""
        with peeked(self.sqs, self.url, 100) as messages:
            return [message["Body"] for message in messages]

    def delete(self) -> None:
        self.sqs.delete_queue(QueueUrl=self.url)
        self.dynamodb.delete_table(TableName=self.table)


@pytest.fixture(params=["", ".fifo"], ids=["standard", "fifo"])
def dead(client: Callable[[str], Any], request: pytest.FixtureRequest) -> Iterator[Dead]:
    made = Dead(client, request.param)
    yield made
    made.delete()


@pytest.fixture
def standard(client: Callable[[str], Any]) -> Iterator[Dead]:
    made = Dead(client, "")
    yield made
    made.delete()


@pytest.fixture
def look(cold_start: ColdStart, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, int]]:
    """Invokes the function on a queue, and on other URLs beside it."""

    def look(dead: Dead, *others: str) -> dict[str, int]:
        monkeypatch.setenv("DEAD_LETTER_QUEUES", json.dumps([*others, dead.url]))
        monkeypatch.setenv("DEAD_LETTERS_TABLE", dead.table)
        answer: dict[str, int] = cold_start("dead_letter_handler").handler({}, Context())
        return answer

    return look


def test_each_message_is_described_once_and_stays_in_its_queue(
    look: Callable[..., dict[str, int]], dead: Dead
) -> None:
    more = [
        {"MessageGroupId": str(number), "MessageDeduplicationId": str(number)}
        if dead.name.endswith(".fifo")
        else {}
        for number in range(13)
    ]
    bodies = [order_placed(ORDER, id=str(uuid4())) for _ in more]
    ids = {dead.send(body, **own) for body, own in zip(bodies, more, strict=True)}

    assert look(dead) == {dead.name: 13}
    first = dead.items()
    assert look(dead) == {dead.name: 0}

    assert first.keys() == ids
    assert dead.items() == first
    assert sorted(dead.bodies()) == sorted(bodies)


def test_of_an_event_the_item_says_what_it_is_and_where_it_was(
    look: Callable[..., dict[str, int]], standard: Dead
) -> None:
    event_id = str(uuid4())
    message_id = standard.send(order_event("order.cancelled", ORDER, id=event_id))

    look(standard)

    item = standard.items()[message_id]
    assert (item["queue"], item["kind"]) == (standard.name, "message")
    assert (item["event_type"], item["event_id"], item["aggregate_id"]) == (
        "order.cancelled",
        event_id,
        ORDER,
    )
    assert item["receives"] == "1"
    assert item["sent_at"] <= item["first_received_at"]
    assert item["sent_at"].endswith("+00:00")
    assert int(item["size"]) == len(order_event("order.cancelled", ORDER, id=event_id))
    assert ORDER in item["excerpt"]
    assert int(item["expires_at"]) > 0


def test_a_queue_that_is_gone_keeps_no_other_from_its_turn_and_is_named(
    look: Callable[..., dict[str, int]], standard: Dead
) -> None:
    message_id = standard.send("poison")

    with pytest.raises(Exception, match=r"^gone$"):
        look(standard, standard.url.replace(standard.name, "gone"))

    assert standard.items()[message_id]["excerpt"] == "poison"


def test_messages_are_there_for_others_also_when_whoever_looks_fails(standard: Dead) -> None:
    standard.send("poison")
    with pytest.raises(ZeroDivisionError), peeked(standard.sqs, standard.url, 10) as messages:
        assert len(messages) / 0
    assert standard.bodies() == ["poison"]


def test_no_more_messages_are_taken_than_wanted_or_than_there_is_time_for(standard: Dead) -> None:
    for number in range(15):
        standard.send(str(number))
    with peeked(standard.sqs, standard.url, 12) as messages:
        assert len(messages) == 12
    times = iter([True, False])
    with peeked(standard.sqs, standard.url, 100, lambda: next(times)) as messages:
        assert len(messages) == 10
    assert len(standard.bodies()) == 15


def letter(body: str, **attributes: str) -> DeadLetter:
    """Describe a body as if it had been received."""
    return describe(
        "dead",
        {
            "MessageId": "m",
            "Body": body,
            "Attributes": {
                "ApproximateReceiveCount": "4",
                "SentTimestamp": "1764000000183",
                "ApproximateFirstReceiveTimestamp": "1764000000185",
            },
            "MessageAttributes": {
                name: {"StringValue": value, "DataType": "String"} for name, value in attributes.items()
            },
        },
    )


def test_a_failure_of_a_stream_says_which_records_were_given_up() -> None:
    found = letter(STREAM_FAILURE)

    assert (found.kind, found.reason, found.function) == (
        "stream failure",
        "RetryAttemptsExhausted",
        FUNCTION,
    )
    assert found.records is not None
    assert (found.records.stream_arn, found.records.shard) == (STREAM, "shardId-000000000001")
    assert (found.records.first[-3:], found.records.last[-3:], found.records.count) == ("898", "899", 2)
    assert found.records.first in found.excerpt


def test_an_event_that_the_bus_could_not_deliver_says_why_and_what_it_was() -> None:
    envelope = {"source": "shop", "detail-type": "order.placed", "detail": json.loads(order_placed(ORDER))}
    found = letter(json.dumps(envelope), RULE_ARN="arn:aws:events:...", ERROR_CODE="NO_PERMISSIONS")
    assert (found.kind, found.reason) == ("undelivered event", "NO_PERMISSIONS")
    assert (found.event_type, found.aggregate_id) == ("order.placed", ORDER)


def test_an_invocation_that_was_given_up_says_of_which_function() -> None:
    context = {"functionArn": FUNCTION, "condition": "EventAgeExceeded"}
    found = letter(json.dumps({"requestContext": context, "requestPayload": {"x": 1}}))
    assert (found.kind, found.reason, found.function) == ("function failure", "EventAgeExceeded", FUNCTION)


@pytest.mark.parametrize(
    "body",
    ["", "{", "[]", "null", '"text"', "[" * 100_000, '{"detail": 7, "type": 8, "requestContext": []}']
    + [json.dumps({"KinesisBatchInfo": batch}) for batch in (None, {}, {"batchSize": "many"})],
)
def test_what_is_no_event_is_described_all_the_same(body: str) -> None:
    found = letter(body)
    assert (found.kind, found.event_type, found.records) == ("message", "", None)
    assert (found.size, found.receives) == (len(body), 4)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"password": "hunter2", "id": 7}', '{"password": "***", "id": 7}'),
        ('{"db_password":"a\\"b","x":1}', '{"db_password":"***","x":1}'),
        ('{"Authorization": "Bearer abc"}', '{"Authorization": "***"}'),
        ('{"card_number": 4242424242424242}', '{"card_number": "***"}'),
        ("to ada.l+x@mail.example.com now", "to *** now"),
        ("paid with 4242 4242 4242 4242 now", "paid with *** now"),
        (f'{{"order_id": "{ORDER}"}}', f'{{"order_id": "{ORDER}"}}'),
        ('{"token": "cut off in the mid', '{"token": "***"'),
    ],
)
def test_an_excerpt_has_no_secret_no_address_and_no_card(body: str, said: str) -> None:
    assert excerpt(body) == said


def test_an_excerpt_is_short_and_hides_a_secret_that_its_end_cuts() -> None:
    body = "x" * (EXCERPT - 20) + '{"password": "' + "hunter2" * 2_000
    found = excerpt(body)
    assert len(found) == EXCERPT
    assert "hunter" not in found
    assert found.endswith("...")
