"""Stock when many want the last of it."""

import asyncio
import contextlib
from collections import Counter

import httpx
import pytest
from fastapi import FastAPI

from app.main import create_app, resources
from app.platform import postgres
from app.platform.settings import Settings
from tests.app.shop import Arrange, Headers, client_of, place


async def test_the_stock_is_sold_once_however_many_want_it(
    shop: httpx.AsyncClient, arrange: Arrange, ada: Headers
) -> None:
    product = await arrange.product(stock=25)

    answers = await asyncio.gather(*(place(shop, ada, (product, 2)) for _ in range(40)))

    assert Counter(answer.status_code for answer in answers) == {201: 12, 409: 28}
    assert await arrange.value("SELECT stock FROM products") == 1
    assert await arrange.value("SELECT sum(quantity) FROM order_lines") == 24
    assert await arrange.value("SELECT count(*) FROM outbox WHERE type = 'order.placed'") == 12


async def test_orders_of_the_same_products_in_any_sequence_do_not_block_each_other_for_good(
    shop: httpx.AsyncClient, arrange: Arrange, ada: Headers
) -> None:
    first, second = await arrange.product(1, stock=1_000), await arrange.product(2, stock=1_000)
    bodies = [((first, 1), (second, 1)), ((second, 1), (first, 1))] * 20

    answers = await asyncio.gather(*(place(shop, ada, *body) for body in bodies))

    assert {answer.status_code for answer in answers} == {201}
    assert [row["stock"] for row in await arrange.rows("SELECT stock FROM products")] == [960, 960]


async def test_an_order_that_waits_too_long_for_a_product_is_told_to_come_back(
    settings: Settings, arrange: Arrange, monkeypatch: pytest.MonkeyPatch, ada: Headers
) -> None:
    monkeypatch.setitem(postgres.LIMITS, "lock_timeout", "100ms")
    product = await arrange.product()
    application = create_app()
    async with resources(application, settings, relay=False), client_of(application) as shop:
        async with arrange.connection.transaction():
            await arrange.connection.execute("SELECT 1 FROM products FOR UPDATE")
            answer = await place(shop, ada, (product, 1))

        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        assert await arrange.value("SELECT count(*) FROM orders") == 0
        assert (await place(shop, ada, (product, 1))).status_code == 201


async def test_when_every_connection_is_in_use_the_client_is_told_to_come_back(
    application: FastAPI,
    shop: httpx.AsyncClient,
    arrange: Arrange,
    monkeypatch: pytest.MonkeyPatch,
    ada: Headers,
) -> None:
    product = await arrange.product()
    database = application.state.database
    async with contextlib.AsyncExitStack() as held:
        for _ in range(10):
            await held.enter_async_context(database.transaction())
        with monkeypatch.context() as impatient:
            impatient.setattr("app.platform.postgres.ACQUIRE_TIMEOUT", 0.1)
            answer = await place(shop, ada, (product, 1))
        assert (await shop.get(f"/products/{product}")).status_code == 200

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["detail"] == "all connections to the database are in use"
    assert (await place(shop, ada, (product, 1))).status_code == 201
