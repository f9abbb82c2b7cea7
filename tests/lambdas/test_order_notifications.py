"""Each placed order is confirmed by one mail, and what cannot be handled is named, not lost."""

import json
import re
import socketserver
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.lambdas import aws_events
from tests.lambdas.aws_events import order_placed
from tests.lambdas.conftest import IDEMPOTENCY_TABLE, SENDER, Context
from tests.waiting import PATIENCE

ColdStart = Callable[[str], ModuleType]
Invoke = Callable[..., list[str]]


class Customer:
    """Somebody with an address that no other test uses: SES's mailbox is never emptied."""

    def __init__(
        self, place_order: Callable[..., UUID], mailbox: Callable[[str], list[dict[str, Any]]]
    ) -> None:
        self.address = f"{uuid4()}@example.com"
        self._place_order = place_order
        self._mailbox = mailbox

    def order(self, *lines: tuple[str, int, int]) -> str:
        """Place an order; return the message that tells of it."""
        return order_placed(self._place_order(*lines, email=self.address))

    def mails(self) -> list[dict[str, Any]]:
        return self._mailbox(self.address)


@pytest.fixture
def customer(place_order: Callable[..., UUID], mailbox: Callable[[str], list[dict[str, Any]]]) -> Customer:
    return Customer(place_order, mailbox)


@pytest.fixture
def invoke(cold_start: ColdStart) -> Invoke:
    """Hands messages to one execution environment; returns the ids of those that it did not handle."""
    module = cold_start("order_notifications")
    return lambda *bodies: failed(module, *bodies)


def failed(module: ModuleType, *bodies: str) -> list[str]:
    answer = module.handler(aws_events.sqs(*bodies), Context())
    assert answer.keys() == {"batchItemFailures"}
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def known_events(client: Callable[[str], Any]) -> dict[str, Any]:
    items = client("dynamodb").scan(TableName=IDEMPOTENCY_TABLE)["Items"]
    return {item["id"]["S"]: item for item in items}


def test_an_order_is_confirmed_with_its_lines_and_its_total(invoke: Invoke, customer: Customer) -> None:
    assert invoke(customer.order(("Lamp", 2, 1999), ("Desk", 1, 123456))) == []

    [mail] = customer.mails()
    assert mail["source"] == SENDER
    assert mail["subject"].startswith("Your order ")
    cells = re.sub(r"<[^>]+>", " ", mail["body"]).split()
    assert " ".join(cells).endswith("2 × Lamp 39.98 EUR 1 × Desk 1,234.56 EUR Total 1,274.54 EUR")


def test_a_message_that_is_delivered_again_sends_no_second_mail(
    cold_start: ColdStart, customer: Customer
) -> None:
    message = customer.order()

    assert failed(cold_start("order_notifications"), message, message) == []
    assert failed(cold_start("order_notifications"), message) == []

    assert len(customer.mails()) == 1


def test_two_orders_of_one_customer_are_two_mails(invoke: Invoke, customer: Customer) -> None:
    assert invoke(customer.order(), customer.order()) == []
    assert len(customer.mails()) == 2


@pytest.mark.parametrize(
    ("poison", "reason"),
    [
        ("{", "not an event"),
        ("[]", "not an event"),
        ("[" * 100_000, "not an event"),
        ("{}", "KeyError('type')"),
        (order_placed(uuid4(), version=2), "not ('order.placed', 2)"),
        (order_placed(uuid4(), type="order.paid"), "not ('order.paid', 1)"),
        (order_placed(uuid4(), id=7), "not an event"),
        (order_placed(uuid4(), data={"order_id": "7"}), "badly formed"),
        (order_placed("0197a000-0000-7000-8000-000000000000"), "has no order 0197a000"),
    ],
    ids=range(9),
)
def test_what_no_retry_can_mend_is_refused_with_the_reason_and_the_rest_handled(
    invoke: Invoke, customer: Customer, poison: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert invoke(customer.order(), poison, customer.order()) == ["message-1"]

    assert len(customer.mails()) == 2
    [record] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.message == "message not handled"
    assert vars(record)["message_id"] == "message-1"
    assert record.exc_info is not None
    assert reason in str(record.exc_info[1])


def test_when_all_messages_fail_all_are_named(invoke: Invoke) -> None:
    assert invoke("{", "[]") == ["message-0", "message-1"]


@pytest.mark.parametrize(
    ("variable", "value"), [("DATABASE_WRITER", "127.0.0.1:9"), ("EMAIL_SENDER", "stranger@example.org")]
)
def test_while_the_database_or_ses_refuses_nothing_counts_as_handled(
    cold_start: ColdStart, customer: Customer, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    message = customer.order()
    with monkeypatch.context() as broken:
        broken.setenv(variable, value)
        assert failed(cold_start("order_notifications"), message) == ["message-0"]
    assert customer.mails() == []

    assert failed(cold_start("order_notifications"), message) == []
    assert len(customer.mails()) == 1


def test_a_handled_event_is_remembered_longer_than_sqs_keeps_a_message(
    invoke: Invoke, customer: Customer, client: Callable[[str], Any]
) -> None:
    before = known_events(client)
    invoke(customer.order())
    [event] = [item for key, item in known_events(client).items() if key not in before]
    assert event["status"] == {"S": "COMPLETED"}
    assert int(event["expiration"]["N"]) > time.time() + 14 * 24 * 3600


def test_the_note_of_a_handled_event_names_the_mail(
    invoke: Invoke, customer: Customer, client: Callable[[str], Any]
) -> None:
    before = known_events(client)
    invoke(customer.order())
    [event] = [item for key, item in known_events(client).items() if key not in before]
    [mail] = customer.mails()
    assert json.loads(event["data"]["S"]) == mail["id"]


def test_an_event_that_another_environment_works_on_is_left_to_it(
    invoke: Invoke, customer: Customer, client: Callable[[str], Any]
) -> None:
    message = customer.order()
    before = known_events(client)
    invoke(message)
    [key] = known_events(client).keys() - before.keys()
    client("dynamodb").update_item(
        TableName=IDEMPOTENCY_TABLE,
        Key={"id": {"S": key}},
        UpdateExpression="SET #status = :status, in_progress_expiration = :end",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={
            ":status": {"S": "INPROGRESS"},
            ":end": {"N": str(int(time.time() * 1000) + 60_000)},
        },
    )

    assert invoke(message) == ["message-0"]
    assert len(customer.mails()) == 1


def test_the_note_of_a_mail_is_tried_again_while_the_table_is_throttled(
    cold_start: ColdStart, customer: Customer, cloud: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = f"{cloud['AWS_ENDPOINT_URL']}/_blueprint/faults"
    messages = [customer.order(), customer.order()]
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)
    fault = {"service": "dynamodb", "operation": "UpdateItem", "seconds": 600, "share": 0.75}
    before = Counter(httpx.post(faults, json=fault, timeout=PATIENCE).json()["refused"])
    try:
        assert failed(cold_start("order_notifications"), *messages) == []
    finally:
        told = httpx.delete(faults, timeout=PATIENCE).json()

    assert Counter(told["refused"]) - before == {"dynamodb.UpdateItem": 3}
    assert failed(cold_start("order_notifications"), *messages) == []
    assert len(customer.mails()) == 2


@contextmanager
def silent_server() -> Iterator[tuple[str, list[bytes]]]:
    """A server that hears requests and hangs up without an answer: its address, and what it heard."""
    heard: list[bytes] = []

    class Silent(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            heard.append(self.request.recv(65_536))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Silent) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", heard
        server.shutdown()


def test_a_mail_whose_answer_is_lost_is_not_sent_again_by_the_client(
    cold_start: ColdStart, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with silent_server() as (address, heard):
        monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", address)

        assert failed(cold_start("order_notifications"), customer.order()) == ["message-0"]

    assert len(heard) == 1
