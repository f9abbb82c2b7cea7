"""Payments whose process dies, and whose servers go away, between any two steps."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr

from app.orders.states import IllegalTransitionError
from app.payments import service, store
from app.payments.provider import SilentError
from app.payments.sandbox import Sandbox
from app.payments.schemas import NewPayment, Payment
from app.payments.service import Payments
from app.platform.postgres import ServerLostError
from app.platform.problems import UnavailableError
from app.platform.settings import Settings
from app.platform.shards import Shards
from tests.app.fleet import broken
from tests.app.world import ELSEWHERE, World, customer_at

NEW = NewPayment(card_number=SecretStr("4242424242424242"))
COUNT = "SELECT count(*) FROM sandbox_ledger WHERE operation = $1"


class Died(BaseException):
    """The end of the process."""


class Mortal:
    """A sandbox whose caller dies before or after one of its calls."""

    def __init__(self, world: World, call: str, *, after: bool) -> None:
        self._sandbox = Sandbox(world.fleet.databases[1])
        self._call = call
        self._after = after

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call = getattr(self._sandbox, name)

        async def mortal(*arguments: object) -> object:
            if name == self._call and not self._after:
                raise Died
            answer = await call(*arguments)
            if name == self._call:
                raise Died
            return answer

        return mortal


async def count(world: World, operation: str) -> int:
    return int(await world.value(COUNT, operation))


async def take(payments: Payments, order_id: UUID, new: NewPayment = NEW) -> Payment:
    """Pay an order, and have the money taken at once."""
    return await payments.settle((await payments.pay(order_id, ELSEWHERE, new)).id)


async def statuses(world: World, order_id: UUID) -> tuple[str, str]:
    order = await world.orders.order(order_id)
    payment = await world.payments.of_order(order_id)
    return order.status, payment.status


@pytest.fixture
async def order_id(world: World) -> UUID:
    return (await world.place(ELSEWHERE, 2)).id


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("call", ["authorise", "capture"])
async def test_whenever_the_process_dies_around_a_call_there_is_one_charge_and_the_order_is_paid(
    world: World, order_id: UUID, call: str, *, after: bool
) -> None:
    mortal = Payments(world.shards, Mortal(world, call, after=after))
    with pytest.raises(Died):
        await take(mortal, order_id)
    left = await statuses(world, order_id)
    with pytest.raises(Died) if not after else pytest.MonkeyPatch.context():
        if not after:
            await mortal.settle((await world.payments.of_order(order_id)).id)  # it dies once more
    await world.reconcile()
    await world.reconcile()

    assert left == ("placed", "pending" if call == "authorise" else "authorised")
    assert await statuses(world, order_id) == ("paid", "captured")
    assert (await count(world, "authorise"), await count(world, "capture")) == (1, 1)
    assert len(await world.fleet.everywhere("SELECT FROM outbox WHERE type = 'order.paid'")) == 1


async def test_a_process_that_dies_before_it_could_write_anything_down_has_charged_nothing(
    world: World, order_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def die(*_: object) -> None:
        raise Died

    with monkeypatch.context() as dying:
        dying.setattr(store, "insert", die)
        with pytest.raises(Died):
            await world.payments.pay(order_id, ELSEWHERE, NEW)
    await world.reconcile()
    charged = await count(world, "authorise")
    paid = await world.payments.pay(order_id, ELSEWHERE, NEW)

    assert charged == 0
    assert paid.status == "authorised"


@pytest.mark.parametrize(("step", "at"), [("outbox.append", "pending"), ("move", "authorised")])
async def test_a_process_that_dies_inside_a_transaction_leaves_it_to_be_done_again(
    world: World, order_id: UUID, step: str, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def die(*_: object) -> None:
        raise Died

    with monkeypatch.context() as dying:
        dying.setattr(f"app.payments.service.{step}", die)
        with pytest.raises(Died):
            await take(world.payments, order_id)
    charged = await count(world, "capture")
    left = await statuses(world, order_id)
    await world.reconcile()

    assert (charged, left) == (int(at == "authorised"), ("placed", at))
    assert await statuses(world, order_id) == ("paid", "captured")
    assert await count(world, "capture") == 1


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("call", ["authorise", "capture"])
async def test_money_of_an_order_that_was_cancelled_while_it_was_paid_goes_back(
    world: World, order_id: UUID, call: str, *, after: bool
) -> None:
    with pytest.raises(Died):
        await take(Payments(world.shards, Mortal(world, call, after=after)), order_id)
    await world.orders.cancel(order_id)
    await world.reconcile()
    await world.reconcile()

    assert await statuses(world, order_id) == ("refunded", "refunded")
    assert await count(world, "capture") == (1 if (call, after) == ("capture", True) else 0)
    assert await count(world, "refund") == 1
    assert await world.value("SELECT stock FROM products") == 100


@pytest.mark.parametrize("after", [False, True])
async def test_a_refund_whose_process_dies_is_made_once(world: World, order_id: UUID, *, after: bool) -> None:
    await take(world.payments, order_id)
    await world.orders.cancel(order_id)
    payment = await world.payments.of_order(order_id)
    with pytest.raises(Died):
        await Payments(world.shards, Mortal(world, "refund", after=after)).settle(payment.id)
    await world.reconcile()
    await world.reconcile()

    assert await statuses(world, order_id) == ("refunded", "refunded")
    assert await count(world, "refund") == 1


async def test_a_capture_that_comes_after_the_money_went_back_takes_none(
    world: World, order_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture, reached, released = Sandbox.capture, asyncio.Event(), asyncio.Event()

    async def held_up(sandbox: Sandbox, key: str, charge: str) -> None:
        reached.set()
        await released.wait()
        await capture(sandbox, key, charge)

    monkeypatch.setattr(Sandbox, "capture", held_up)
    taking = asyncio.create_task(take(world.payments, order_id))
    await reached.wait()
    await world.orders.cancel(order_id)
    await world.reconcile()
    released.set()

    assert (await taking).status == "refunded"
    assert await statuses(world, order_id) == ("refunded", "refunded")
    assert (await count(world, "capture"), await count(world, "refund")) == (0, 1)


async def test_who_pays_an_order_that_is_cancelled_meanwhile_hears_of_it_and_is_charged_nothing(
    world: World, order_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    authorise = Sandbox.authorise

    async def cancelled_meanwhile(sandbox: Sandbox, *arguments: Any) -> str:
        await world.orders.cancel(order_id)
        return await authorise(sandbox, *arguments)

    monkeypatch.setattr(Sandbox, "authorise", cancelled_meanwhile)
    with pytest.raises(IllegalTransitionError, match="cancelled cannot become paid"):
        await world.payments.pay(order_id, ELSEWHERE, NEW)

    assert await statuses(world, order_id) == ("refunded", "refunded")
    assert (await count(world, "capture"), await count(world, "refund")) == (0, 1)
    assert await world.fleet.everywhere("SELECT FROM outbox WHERE type = 'payment.authorised'") == []


async def test_reconcilers_beside_each_other_and_beside_the_customer_charge_once(
    world: World, order_id: UUID
) -> None:
    with pytest.raises(Died):
        await Payments(world.shards, Mortal(world, "authorise", after=True)).pay(order_id, ELSEWHERE, NEW)

    for connection in world.fleet.connections.values():
        await connection.execute("UPDATE payments SET tried_at = '-infinity'")
    await asyncio.gather(
        *(world.reconciler().settle() for _ in range(3)),
        *(world.payments.pay(order_id, ELSEWHERE, NEW) for _ in range(3)),
    )
    await world.reconcile()

    assert await statuses(world, order_id) == ("paid", "captured")
    assert await count(world, "capture") == 1


async def test_a_payment_that_was_tried_a_moment_ago_is_left_to_who_tried_it(
    world: World, order_id: UUID
) -> None:
    with pytest.raises(Died):
        await Payments(world.shards, Mortal(world, "authorise", after=False)).pay(order_id, ELSEWHERE, NEW)

    await world.reconciler().settle()

    assert await count(world, "authorise") == 0


async def test_a_provider_that_stays_silent_leaves_the_payment_open_and_the_others_in_their_turn(
    world: World, order_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await world.place(customer_at(3))
    for order, customer in ((order_id, ELSEWHERE), (other.id, other.customer_id)):
        with pytest.raises(Died):
            await Payments(world.shards, Mortal(world, "authorise", after=False)).pay(order, customer, NEW)
    authorise = Sandbox.authorise
    stuck = await world.payments.of_order(order_id)

    async def silent(sandbox: Sandbox, key: str, *arguments: Any) -> str:
        if key.startswith(str(stuck.id)):
            raise SilentError("no answer")
        return await authorise(sandbox, key, *arguments)

    with monkeypatch.context() as half:
        half.setattr(Sandbox, "authorise", silent)
        await world.reconcile()
    meanwhile = await statuses(world, order_id), await statuses(world, other.id)
    await world.reconcile()

    assert meanwhile == (("placed", "pending"), ("paid", "captured"))
    assert await statuses(world, order_id) == ("paid", "captured")


async def test_a_provider_that_takes_too_long_counts_as_silent(
    world: World, order_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.payments.sandbox.SLOW", 60)
    slow = NewPayment(card_number=SecretStr("4000000000003220"))
    payment = await world.payments.pay(order_id, ELSEWHERE, slow)
    with monkeypatch.context() as hasty:
        hasty.setattr(service, "PATIENCE", 2)
        with pytest.raises(SilentError):
            await world.payments.settle(payment.id)
    charged = await count(world, "capture")
    await world.reconcile()

    assert (payment.status, charged) == ("authorised", 1)
    assert await statuses(world, order_id) == ("paid", "captured")


async def test_while_the_orders_shard_is_down_its_orders_are_not_paid_and_the_others_are(
    world: World, settings: Settings
) -> None:
    lost = await world.place(ELSEWHERE)
    other = await world.place(customer_at(3))
    async with broken(settings) as nowhere:
        databases = {**world.fleet.databases, 2: nowhere}

        async def learn() -> dict[int, Any]:
            return databases

        half = Payments(Shards(databases, learn), Sandbox(databases[1]))
        with pytest.raises(UnavailableError):
            await half.pay(lost.id, ELSEWHERE, NEW)
        paid = await half.pay(other.id, other.customer_id, NEW)

    assert paid.status == "authorised"
    assert await count(world, "authorise") == 1
    assert (await world.payments.pay(lost.id, ELSEWHERE, NEW)).status == "authorised"


@pytest.mark.parametrize("loss", [1, 2])
async def test_when_the_shard_is_lost_in_the_middle_who_pays_again_is_charged_once(
    world: World, order_id: UUID, loss: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first write is the intent, the second the outcome; each is committed, and the answer is lost."""
    write, writes = world.shards.write, 0

    async def lose(*arguments: Any) -> Any:
        nonlocal writes
        answer = await write(*arguments)
        writes += 1
        if writes == loss:
            raise ServerLostError("gone after the commit")
        return answer

    monkeypatch.setattr(world.shards, "write", lose)
    with pytest.raises(UnavailableError):
        await world.payments.pay(order_id, ELSEWHERE, NEW)
    again = await world.payments.pay(order_id, ELSEWHERE, NEW)
    await world.reconcile()

    assert again.status == "authorised"
    assert await statuses(world, order_id) == ("paid", "captured")
    assert await count(world, "capture") == 1
