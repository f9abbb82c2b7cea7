"""Orders that come at once, and share a transaction."""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from app.main import create_app, resources
from app.orders import store
from app.orders.pricing import OutOfStockError
from app.orders.schemas import NewOrder, Order
from app.platform import postgres
from app.platform.idempotency import AtWorkError, KeyReusedError, Reply
from app.platform.problems import InvalidRequestError
from app.platform.settings import Settings
from tests.app.shop import ADA, Arrange, Headers, client_of, order, place
from tests.app.world import ELSEWHERE, World

if TYPE_CHECKING:
    from app.orders.service import Orders

COMMITS = "SELECT xmin::text FROM orders"


async def test_orders_that_come_at_once_share_transactions(
    shop: httpx.AsyncClient, arrange: Arrange, ada: Headers
) -> None:
    products = [await arrange.product(number, stock=100) for number in range(4)]

    answers = await asyncio.gather(*(place(shop, ada, (products[turn % 4], 2)) for turn in range(40)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 40
    assert {row["stock"] for row in await arrange.rows("SELECT stock FROM products")} == {80}
    assert len({row["xmin"] for row in await arrange.rows(COMMITS)}) < 20
    for answer in answers[:4]:
        read = await shop.get(answer.headers["location"], headers=ada)
        assert read.json() == answer.json()


async def test_each_of_the_orders_that_share_a_transaction_gets_its_own_answer(
    application: FastAPI, arrange: Arrange
) -> None:
    plenty, scarce = await arrange.product(1, stock=50), await arrange.product(2, stock=5)
    dear = await arrange.product(3, currency="USD")

    def place(key: str, *lines: tuple[int, int]) -> Awaitable[Reply]:
        orders: Orders = application.state.orders
        return orders.place(ADA, NewOrder.model_validate(order(*lines)), key)

    before = await place("before", (plenty, 1))
    answers = await asyncio.gather(
        place("one", (plenty, 1), (scarce, 2)),
        place("two", (scarce, 4)),
        place("three", (scarce, 1)),
        place("four", (999, 1)),
        place("five", (plenty, 1), (dear, 1)),
        place("before", (plenty, 1)),
        place("before", (plenty, 9)),
        place("twice", (plenty, 1)),
        place("twice", (plenty, 1)),
        return_exceptions=True,
    )

    kinds = [type(answer) for answer in answers]
    assert kinds == [
        Reply,
        OutOfStockError,
        Reply,
        *[InvalidRequestError] * 2,
        Reply,
        KeyReusedError,
        Reply,
        AtWorkError,
    ]
    placed = [answer for answer in answers if isinstance(answer, Reply)]
    assert placed[2] == before
    assert isinstance(answers[1], OutOfStockError)
    assert answers[1].extensions["lines"] == [
        {"pointer": "#/lines/0/quantity", "product_id": scarce, "available": 3}
    ]
    stocks = await arrange.rows("SELECT stock FROM products ORDER BY id")
    assert [row["stock"] for row in stocks] == [47, 2, 10]
    assert await arrange.value("SELECT sum(quantity) FROM reservations") == 6
    assert await arrange.value("SELECT count(DISTINCT xmin::text) FROM orders") == 2
    events = await arrange.rows("SELECT type, aggregate_id FROM outbox ORDER BY id")
    told = [row["aggregate_id"] for row in events if row["type"] == "order.placed"]
    assert told == [answer.location.removeprefix("/orders/") for answer in (before, *placed[:2], placed[3])]
    assert [row["aggregate_id"] for row in events if row["type"] == "stock.low"] == [f"product-{scarce}"]


async def test_an_order_that_the_database_refuses_takes_no_other_with_it(
    shop: httpx.AsyncClient, arrange: Arrange, ada: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = await arrange.product(stock=100)
    insert = store.insert

    async def refuse_eve(session: Any, *orders: Order) -> None:
        if any(order.customer_email == "eve@example.com" for order in orders):
            await session.execute("SELECT 1 / 0")
        await insert(session, *orders)

    monkeypatch.setattr(store, "insert", refuse_eve)
    emails = ["ada@example.com", "eve@example.com", *["ada@example.com"] * 8]
    answers = await asyncio.gather(*(place(shop, ada, (product, 1), email=email) for email in emails))

    assert [answer.status_code for answer in answers] == [201, 500, *[201] * 8]
    assert await arrange.value("SELECT stock FROM products") == 91
    assert await arrange.value("SELECT count(*) FROM orders") == 9


async def test_orders_of_other_products_are_taken_although_one_of_their_transaction_waits_too_long(
    settings: Settings, arrange: Arrange, monkeypatch: pytest.MonkeyPatch, ada: Headers
) -> None:
    monkeypatch.setitem(postgres.LIMITS, "lock_timeout", "100ms")
    locked, free = await arrange.product(1), await arrange.product(2)
    application = create_app()
    async with (
        resources(application, settings, relay=False),
        client_of(application) as shop,
        arrange.connection.transaction(),
    ):
        await arrange.connection.execute("SELECT FROM products WHERE id = $1 FOR UPDATE", locked)
        wanted = [locked, locked, free, free, free]
        answers = await asyncio.gather(*(place(shop, ada, (product, 1)) for product in wanted))

    assert [answer.status_code for answer in answers] == [503, 503, 201, 201, 201]
    assert {answer.headers.get("retry-after") for answer in answers[:2]} == {"1"}


async def test_a_server_that_is_lost_is_not_asked_again_for_each_order_of_the_transaction(
    application: FastAPI,
    shop: httpx.AsyncClient,
    arrange: Arrange,
    ada: Headers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    product = await arrange.product(stock=100)
    batches: list[int] = []
    insert = store.insert

    async def die(session: Any, *orders: Order) -> None:
        batches.append(len(orders))
        await arrange.connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'"
        )
        await insert(session, *orders)

    with monkeypatch.context() as dying:
        dying.setattr(store, "insert", die)
        answers = await asyncio.gather(*(place(shop, ada, (product, 1), key=f"{n}") for n in range(10)))
    again = await asyncio.gather(*(place(shop, ada, (product, 1), key=f"{n}") for n in range(10)))

    assert {answer.status_code for answer in answers} == {503}
    assert sum(batches) == 10
    assert {answer.status_code for answer in again} == {201}
    assert await arrange.value("SELECT stock FROM products") == 90


async def test_reservations_of_orders_on_several_shards_share_transactions(world: World) -> None:
    placed = await asyncio.gather(*(world.place(UUID(int=number)) for number in range(1, 31)))

    assert len({order.id for order in placed}) == 30
    assert await world.value("SELECT stock FROM products") == 70
    assert await world.value("SELECT count(*) FROM reservations WHERE NOT adopted") == 30
    transactions = await world.fleet.connections[1].fetch("SELECT DISTINCT xmin::text FROM reservations")
    assert len(transactions) < 20
    assert await world.value("SELECT bool_and(expires_at > now() + interval '20 minutes') FROM reservations")


async def test_of_the_same_request_sent_twice_at_once_one_reserves(world: World) -> None:
    said = await asyncio.gather(
        *(world.orders.place(ELSEWHERE, world.new(3), "one") for _ in range(6)), return_exceptions=True
    )

    kinds = Counter(type(one).__name__ for one in said)
    assert set(kinds) <= {"Reply", "AtWorkError"}
    assert kinds["Reply"] >= 1
    assert await world.value("SELECT stock FROM products") == 97
    assert await world.place(ELSEWHERE, 3, "one")
