"""Stock that many want, and that comes back: never oversold, never lost."""

import asyncio
import json
import random
from collections import Counter
from typing import TYPE_CHECKING

import httpx

from app.orders.pricing import OutOfStockError
from app.orders.states import IllegalTransitionError
from tests.app.shop import Arrange, Headers, place
from tests.app.world import CUSTOMERS, World

if TYPE_CHECKING:
    from uuid import UUID

WRITERS = 24
SOLD = "SELECT coalesce(sum(quantity), 0) FROM order_lines JOIN orders ON orders.id = order_id"


async def test_many_who_order_and_cancel_at_once_never_oversell_and_lose_nothing(world: World) -> None:
    said: Counter[str] = Counter()

    async def customer(number: int) -> None:
        chance = random.Random(number)  # noqa: S311 - a load
        mine: list[UUID] = []
        for _ in range(8):
            if mine and chance.random() < 0.4:
                await world.orders.cancel(mine.pop())
                said["cancelled"] += 1
                continue
            try:
                order = await world.place(CUSTOMERS[number % len(CUSTOMERS)], chance.randint(1, 9))
                mine.append(order.id)
                said["placed"] += 1
            except OutOfStockError:
                said["refused"] += 1

    await asyncio.gather(*(customer(number) for number in range(WRITERS)))

    rows = await world.fleet.everywhere(f"{SOLD} WHERE status = 'placed'")
    sold = sum(row[0] for _, row in rows)
    stock = await world.value("SELECT stock FROM products")
    assert min(said.values()) > 0
    assert len(said) == 3
    assert stock >= 0
    assert sold + stock == 100
    assert await world.value("SELECT sum(quantity) FROM reservations") == sold


async def test_an_order_that_is_cancelled_twice_at_once_returns_its_stock_once(world: World) -> None:
    order = await world.place(CUSTOMERS[0], 10)

    said = await asyncio.gather(*(world.orders.cancel(order.id) for _ in range(8)), return_exceptions=True)

    assert sum(isinstance(one, IllegalTransitionError) for one in said) == 7
    assert await world.value("SELECT stock FROM products") == 100


async def test_the_shop_tells_when_stock_falls_below_the_threshold_and_only_then(
    shop: httpx.AsyncClient, arrange: Arrange, ada: Headers
) -> None:
    few, plenty = await arrange.product(1, stock=6), await arrange.product(2, stock=100)

    for _ in range(4):
        assert (await place(shop, ada, (few, 1), (plenty, 1))).status_code == 201

    [event] = await arrange.rows("SELECT aggregate_id, payload FROM outbox WHERE type = 'stock.low'")
    assert event["aggregate_id"] == f"product-{few}"
    assert json.loads(event["payload"])["data"] == {"product_id": few, "stock": 4}


async def test_a_cancelled_order_shows_in_the_stock_at_once_where_it_was_cancelled(
    shop: httpx.AsyncClient, arrange: Arrange, ada: Headers
) -> None:
    product = await arrange.product(stock=10)
    path = (await place(shop, ada, (product, 4))).headers["location"]
    assert (await shop.get(f"/products/{product}")).json()["stock"] == 6

    await shop.post(f"{path}/cancellation", headers=ada)

    assert (await shop.get(f"/products/{product}")).json()["stock"] == 10
