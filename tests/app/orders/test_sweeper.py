"""Reservations that nobody settled: what the sweeper makes of them."""

import asyncio
from uuid import UUID

import pytest

from app.inventory import reservations
from app.inventory.reservations import Taken
from app.orders.states import State
from app.platform.problems import UnavailableError
from app.platform.settings import Settings
from tests.app.fleet import broken
from tests.app.world import CUSTOMERS, ELSEWHERE, World, customer_at

STOCK = "SELECT stock FROM products"
RESERVED = "SELECT count(*) FROM reservations"
STATUS = "SELECT status FROM orders"
CANCELLED = "SELECT FROM outbox WHERE type = 'order.cancelled'"


async def become(world: World, state: State) -> None:
    for connection in world.fleet.connections.values():
        await connection.execute("UPDATE orders SET status = $1", state)


async def test_an_order_that_stays_unpaid_is_cancelled_and_its_stock_returns_once(world: World) -> None:
    for customer in CUSTOMERS[:6]:
        await world.place(customer, 2)
    await world.age(minutes=31)

    await world.sweep()
    await world.sweep()

    assert {row["status"] for _, row in await world.fleet.everywhere(STATUS)} == {"cancelled"}
    assert len(await world.fleet.everywhere(CANCELLED)) == 6
    assert await world.value(STOCK) == 100
    assert await world.value(RESERVED) == 0


async def test_an_order_that_may_still_be_paid_is_left_alone_until_then(world: World) -> None:
    order = await world.place(ELSEWHERE, 2)

    await world.sweep()

    assert (await world.orders.order(order.id)).status == "placed"
    assert await world.value("SELECT expires_at > now() + interval '29 min' FROM reservations")
    assert await world.value(STOCK) == 98


@pytest.mark.parametrize(
    ("state", "stock", "reserved"),
    [("paid", 98, 1), ("shipped", 98, 0), ("delivered", 98, 0), ("cancelled", 100, 0), ("refunded", 100, 0)],
)
async def test_what_an_order_has_become_decides_about_its_stock(
    world: World, state: State, stock: int, reserved: int
) -> None:
    await world.place(ELSEWHERE, 2)
    await world.age(minutes=60)
    await become(world, state)

    await world.sweep()
    await world.sweep()

    assert (await world.value(STOCK), await world.value(RESERVED)) == (stock, reserved)
    assert [row["status"] for _, row in await world.fleet.everywhere(STATUS)] == [state]


async def test_sweepers_beside_each_other_and_beside_customers_return_stock_once(world: World) -> None:
    orders = [await world.place(customer, 3) for customer in CUSTOMERS[:8]]
    await world.age(minutes=31)
    await world.expire()

    await asyncio.gather(
        *(world.sweeper().settle() for _ in range(3)),
        *(world.orders.cancel(order.id) for order in orders[:4]),
        return_exceptions=True,
    )
    await world.sweep()

    assert await world.value(STOCK) == 100
    assert len(await world.fleet.everywhere(CANCELLED)) == 8


async def test_a_reservation_that_somebody_goes_on_with_is_not_given_back(world: World) -> None:
    order_id, claim = UUID(int=5), UUID(int=6)
    async with world.fleet.databases[1].transaction() as session:
        await reservations.reserve(session, [Taken(order_id, {world.product: 4}, claim)], -1)
        await reservations.adopt(session, [claim], 300)
    async with world.fleet.databases[1].transaction() as session:
        for only in ("expired", "own"):
            assert await reservations.give_back(session, order_id, only=only) == []

    assert await world.value(RESERVED) == 1


async def test_while_a_shard_is_down_the_reservations_of_the_others_are_settled(
    world: World, settings: Settings
) -> None:
    await world.place(ELSEWHERE, 2)
    await world.place(customer_at(3), 3)
    await world.age(minutes=31)
    await world.expire()
    async with broken(settings) as nowhere:
        half = world.with_shards({**world.fleet.databases, 2: nowhere})
        await world.sweeper(half).settle()

    assert await world.value(STOCK) == 98
    await world.sweep()
    assert await world.value(STOCK) == 100


async def test_stock_that_cannot_be_returned_at_once_is_returned_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = await world.place(ELSEWHERE, 2)

    async def fail(*_: object, **__: object) -> None:
        raise UnavailableError("gone")

    with monkeypatch.context() as failing:
        failing.setattr(reservations, "give_back", fail)
        assert (await world.orders.cancel(order.id)).status == "cancelled"
    before = await world.value(STOCK)
    await world.sweep()

    assert (before, await world.value(STOCK)) == (98, 100)


async def test_pages_of_reservations_are_settled_to_the_last(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reservations, "PAGE", 2)
    for customer in CUSTOMERS[:7]:
        await world.place(customer)
    await world.age(minutes=31)

    await world.sweep()

    assert await world.value(STOCK) == 100


async def test_answers_that_expired_are_forgotten_on_every_shard(world: World) -> None:
    for customer in CUSTOMERS:
        await world.place(customer, key="old")
    for connection in world.fleet.connections.values():
        await connection.execute("UPDATE idempotency_keys SET expires_at = now() - interval '1 s'")
    await world.place(ELSEWHERE, key="new")

    await world.sweeper().forget()

    keys = [row["key"] for _, row in await world.fleet.everywhere("SELECT key FROM idempotency_keys")]
    assert keys == ["new"]
