"""The function that takes the money, beside the shop: whoever comes first, and however often."""

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr

from app.events.orders import OrderPaid
from app.payments.schemas import NewPayment
from lambdas.database import Credentials, Database, Shards
from lambdas.payment_capture.provider import Sandbox
from scripts.local.runtime.servers import postgres
from tests.app.world import ELSEWHERE, World, customer_at
from tests.lambdas import aws_events
from tests.lambdas.conftest import Context

GOOD, SILENT = "4242424242424242", "4000000000000119"
COUNT = "SELECT count(*) FROM sandbox_ledger WHERE operation = $1"
EVENTS = "SELECT payload::text, slot FROM outbox WHERE type = $1 ORDER BY id"
Deliver = Callable[..., list[str]]


class Died(BaseException):
    """The end of the execution environment."""


@pytest.fixture
def databases(primary: postgres.Running, five_databases: list[str]) -> Iterator[dict[int, Database]]:
    """The world's databases, as a function reaches them."""
    login = Credentials(primary.master.username, primary.master.password)
    found = {
        number: Database(
            host=primary.host, port=primary.port, name=name, encrypted=False, read_credentials=lambda: login
        )
        for number, name in enumerate(five_databases[:3], 1)
    }
    yield found
    for database in found.values():
        database.close()


@pytest.fixture
def module(
    world: World, databases: dict[int, Database], monkeypatch: pytest.MonkeyPatch
) -> Iterator[ModuleType]:
    """The function's handler in an execution environment of its own, on the world's databases."""
    sys.modules.pop("lambdas.payment_capture.handler", None)
    loaded = importlib.import_module("lambdas.payment_capture.handler")
    monkeypatch.setattr(loaded, "shards", Shards(databases))
    monkeypatch.setattr(loaded, "provider", Sandbox(databases[1]))
    yield loaded
    loaded.database.close()


@pytest.fixture
def deliver(module: ModuleType) -> Deliver:
    """Hands messages of (order, body) to the function; returns the ids of those that it did not handle."""

    def deliver(*messages: tuple[UUID, str]) -> list[str]:
        event = aws_events.sqs(*(body for _, body in messages))
        for record, (group, _) in zip(event["Records"], messages, strict=True):
            record["attributes"]["MessageGroupId"] = str(group)
        answer = module.handler(event, Context())
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    return deliver


async def pay(world: World, customer: UUID = ELSEWHERE, card: str = GOOD) -> tuple[UUID, str]:
    """Pay a new order; return its id, and the message that tells of its payment."""
    order = await world.place(customer, 2)
    payment = await world.payments.pay(order.id, customer, NewPayment(card_number=SecretStr(card)))
    rows = await world.fleet.everywhere(EVENTS, "payment.authorised")
    [body] = [row["payload"] for _, row in rows if str(payment.id) in row["payload"]]
    return order.id, body


async def statuses(world: World, order_id: UUID) -> tuple[str, str]:
    order = await world.orders.order(order_id)
    return order.status, (await world.payments.of_order(order_id)).status


async def count(world: World, operation: str) -> int:
    return int(await world.value(COUNT, operation))


async def told(world: World, kind: str = "order.paid") -> list[dict[str, Any]]:
    return [json.loads(row["payload"]) for _, row in await world.fleet.everywhere(EVENTS, kind)]


async def test_what_was_authorised_is_captured_and_its_order_is_paid(world: World, deliver: Deliver) -> None:
    paid = [await pay(world, customer_at(shard)) for shard in (1, 2, 3)]

    assert deliver(*paid) == []

    for order_id, _ in paid:
        assert await statuses(world, order_id) == ("paid", "captured")
    assert await count(world, "capture") == 3
    assert {event["aggregate_id"] for event in await told(world)} == {str(order_id) for order_id, _ in paid}


async def test_it_tells_of_a_paid_order_as_the_shop_does(world: World, deliver: Deliver) -> None:
    by_function, by_shop = await pay(world), await pay(world)
    deliver(by_function)
    await world.reconcile()

    rows = {
        UUID(json.loads(row["payload"])["aggregate_id"]): row
        for _, row in await world.fleet.everywhere(EVENTS, "order.paid")
    }
    ours, theirs = rows[by_function[0]], rows[by_shop[0]]
    event, other = json.loads(ours["payload"]), json.loads(theirs["payload"])
    assert ours["slot"] == theirs["slot"]
    assert event.keys() == other.keys()
    assert OrderPaid.model_validate(event["data"]).model_dump(mode="json") == event["data"]
    assert event["data"] | {"order_id": ""} == other["data"] | {"order_id": ""}
    assert (event["type"], event["version"]) == (other["type"], other["version"])


async def test_a_message_that_is_delivered_again_changes_nothing_more(world: World, deliver: Deliver) -> None:
    paid = await pay(world)
    assert [deliver(paid, paid), deliver(paid), deliver(paid)] == [[], [], []]
    await world.reconcile()

    assert await statuses(world, paid[0]) == ("paid", "captured")
    assert (await count(world, "capture"), len(await told(world))) == (1, 1)


@pytest.mark.parametrize("step", ["find", "note"])
async def test_wherever_the_function_dies_the_money_is_taken_once(
    world: World, module: ModuleType, deliver: Deliver, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid = await pay(world)

    def die(*_: object, **__: object) -> None:
        raise Died

    with monkeypatch.context() as dying:
        dying.setattr(module, step, die)
        with pytest.raises(Died):
            deliver(paid)
    charged, left = await count(world, "capture"), await statuses(world, paid[0])
    assert deliver(paid) == []

    assert (charged, left) == (int(step == "note"), ("placed", "authorised"))
    assert await statuses(world, paid[0]) == ("paid", "captured")
    assert (await count(world, "capture"), len(await told(world))) == (1, 1)


async def test_a_death_inside_the_transaction_leaves_nothing_of_it(
    world: World, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid = await pay(world)

    def die(*_: object) -> None:
        raise Died

    with monkeypatch.context() as dying:
        dying.setattr("lambdas.payment_capture.payments._tell", die)
        with pytest.raises(Died):
            deliver(paid)
    assert await statuses(world, paid[0]) == ("placed", "authorised")
    assert deliver(paid) == []
    assert await statuses(world, paid[0]) == ("paid", "captured")


async def test_a_capture_whose_answer_was_lost_is_found_done_at_the_next_delivery(
    world: World, deliver: Deliver
) -> None:
    paid = await pay(world, card=SILENT)

    assert deliver(paid) == ["message-0"]
    left = await statuses(world, paid[0])
    assert deliver(paid) == []

    assert left == ("placed", "authorised")
    assert await statuses(world, paid[0]) == ("paid", "captured")
    assert await count(world, "capture") == 1


async def test_what_the_function_leaves_behind_the_shop_takes_once(world: World, deliver: Deliver) -> None:
    paid = await pay(world, card=SILENT)
    deliver(paid)
    await world.reconcile()
    assert deliver(paid) == []

    assert await statuses(world, paid[0]) == ("paid", "captured")
    assert (await count(world, "capture"), len(await told(world))) == (1, 1)


async def test_of_an_order_that_was_cancelled_before_nothing_is_taken(world: World, deliver: Deliver) -> None:
    paid = await pay(world)
    await world.orders.cancel(paid[0])

    assert deliver(paid) == []
    await world.reconcile()

    assert await statuses(world, paid[0]) == ("refunded", "refunded")
    assert (await count(world, "capture"), await count(world, "refund")) == (0, 1)
    assert await told(world) == []


@pytest.mark.parametrize("is_noted", [False, True])
async def test_of_an_order_that_is_cancelled_meanwhile_the_money_goes_back(
    world: World,
    module: ModuleType,
    deliver: Deliver,
    *,
    is_noted: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Between the capture and what is written of it; `is_noted`: the payment is marked as going back, too."""
    order_id, body = await pay(world)
    capture = module.provider.capture

    def cancelled(key: str, charge: str) -> None:
        capture(key, charge)
        with module.shards.transaction(order_id) as run:
            run("UPDATE orders SET status = 'cancelled' WHERE id = :id", id=order_id)
            if is_noted:
                run("UPDATE payments SET status = 'refunding' WHERE order_id = :id", id=order_id)

    monkeypatch.setattr(module.provider, "capture", cancelled)
    assert deliver((order_id, body)) == []
    await world.reconcile()

    assert await statuses(world, order_id) == ("refunded", "refunded")
    assert (await count(world, "capture"), await count(world, "refund")) == (1, 1)
    assert await told(world) == []


async def test_a_capture_after_the_refund_takes_nothing(world: World, module: ModuleType) -> None:
    order_id, _ = await pay(world)
    await world.orders.cancel(order_id)
    await world.reconcile()
    payment = await world.payments.of_order(order_id)
    charge = await world.value("SELECT charge FROM sandbox_ledger WHERE operation = 'refund'")

    module.provider.capture(f"{payment.id}-capture", charge)

    assert await count(world, "capture") == 0


async def test_what_no_retry_can_mend_holds_back_its_own_order_and_no_other(
    world: World, deliver: Deliver
) -> None:
    first, other = await pay(world), await pay(world)
    unknown = aws_events.order_event("payment.authorised", first[0], {"payment_id": str(uuid4())})

    failed = deliver((first[0], unknown), first, other)

    assert failed == ["message-0", "message-1"]
    assert await statuses(world, first[0]) == ("placed", "authorised")
    assert await statuses(world, other[0]) == ("paid", "captured")


@pytest.mark.parametrize(
    ("poison", "reason"),
    [
        ("{", "not an event"),
        (aws_events.order_event("order.paid", uuid4()), "understood is payment.authorised"),
        (aws_events.order_event("payment.authorised", uuid4()), "KeyError('payment_id')"),
        (aws_events.order_event("payment.authorised", uuid4(), {"payment_id": "7"}), "badly formed"),
    ],
    ids=range(4),
)
async def test_an_event_that_is_not_understood_is_refused_with_the_reason(
    deliver: Deliver, poison: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert deliver((uuid4(), poison)) == ["message-0"]
    [record] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.exc_info is not None
    assert reason in str(record.exc_info[1])


async def test_a_payment_of_another_order_is_not_taken_for_this_one(world: World, deliver: Deliver) -> None:
    paid, other = await pay(world), await pay(world)
    mixed = json.loads(paid[1])
    mixed["data"]["order_id"] = str(other[0])

    assert deliver((other[0], json.dumps(mixed))) == ["message-0"]
    assert await count(world, "capture") == 0


async def test_an_order_whose_slot_has_moved_is_found_where_it_is(
    world: World, module: ModuleType, databases: dict[int, Database]
) -> None:
    order_id, _ = await pay(world)
    shards = Shards(databases)
    shards._owners[order_id.int >> 64 & 0xFFF] = 1  # as of long ago

    with shards.transaction(order_id) as run:
        assert run("SELECT status FROM orders WHERE id = :id", id=order_id) == [["placed"]]
