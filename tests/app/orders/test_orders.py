"""Placing and reading orders over HTTP."""

import json
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from app.main import create_app, resources
from app.platform.settings import Settings
from tests.app.shop import Arrange, client_of, order


async def test_an_order_is_taken_at_the_prices_of_the_moment_and_can_be_read(
    shop: httpx.AsyncClient, arrange: Arrange
) -> None:
    cup = await arrange.product(1, name="Cup", price_minor=1_250)
    vase = await arrange.product(2, name="Vase", price_minor=4_790)

    placed = await shop.post("/orders", json=order((vase, 1), (cup, 3)))
    await arrange.connection.execute("UPDATE products SET price_minor = 1, name = 'Changed'")
    read = await shop.get(placed.headers["location"])

    assert placed.status_code == 201
    assert read.status_code == 200
    assert read.json() == placed.json()
    assert placed.headers["cache-control"] == read.headers["cache-control"] == "no-store"
    body = read.json()
    assert UUID(body.pop("id")).version == 7
    assert body.pop("created_at").endswith("Z")
    assert body == {
        "customer_email": "ada@example.com",
        "status": "placed",
        "total_minor": 8_540,
        "currency": "EUR",
        "lines": [
            {
                "line_no": 1,
                "product_id": vase,
                "product_name": "Vase",
                "quantity": 1,
                "unit_price_minor": 4_790,
            },
            {
                "line_no": 2,
                "product_id": cup,
                "product_name": "Cup",
                "quantity": 3,
                "unit_price_minor": 1_250,
            },
        ],
    }


async def test_the_event_of_an_order_is_committed_with_it(shop: httpx.AsyncClient, arrange: Arrange) -> None:
    placed = (await shop.post("/orders", json=order((await arrange.product(), 1)))).json()

    [row] = await arrange.rows("SELECT * FROM outbox")
    assert (row["type"], row["aggregate_id"], row["published_at"]) == ("order.placed", placed["id"], None)
    assert json.loads(row["payload"]) == {
        "id": str(row["event_id"]),
        "type": "order.placed",
        "version": 1,
        "occurred_at": row["occurred_at"].isoformat(),
        "aggregate_id": placed["id"],
        "data": {"order_id": placed["id"]},
    }


async def test_an_order_of_more_than_there_is_changes_nothing(
    shop: httpx.AsyncClient, arrange: Arrange
) -> None:
    plenty, few = await arrange.product(1, stock=10), await arrange.product(2, stock=2)

    answer = await shop.post("/orders", json=order((plenty, 1), (few, 3)))

    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == "/problems/out-of-stock"
    assert problem["lines"] == [{"pointer": "#/lines/1/quantity", "product_id": few, "available": 2}]
    assert [row["stock"] for row in await arrange.rows("SELECT stock FROM products ORDER BY id")] == [10, 2]
    assert await arrange.value("SELECT count(*) FROM orders") == 0
    assert await arrange.value("SELECT count(*) FROM outbox") == 0


async def test_a_product_that_does_not_exist_is_named_by_its_line(
    shop: httpx.AsyncClient, arrange: Arrange
) -> None:
    known = await arrange.product()

    answer = await shop.post("/orders", json=order((known, 1), (known + 1, 1)))

    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"pointer": "#/lines/1/product_id", "detail": "No such product"}]


async def test_one_order_has_one_currency(shop: httpx.AsyncClient, arrange: Arrange) -> None:
    euros, francs = await arrange.product(1), await arrange.product(2, currency="CHF")

    answer = await shop.post("/orders", json=order((euros, 1), (francs, 1)))

    assert answer.status_code == 422
    assert answer.json()["detail"] == "One order has one currency, not ['CHF', 'EUR']"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"customer_email": "no address"}, "#/customer_email"),
        ({"customer_email": "ada@example.com\r\nBcc: everyone@example.com"}, "#/customer_email"),
        ({"customer_email": "a\0@example.com"}, "#/customer_email"),
        ({"customer_email": "\ud800@example.com"}, "#/customer_email"),
        ({"customer_email": None}, "#/customer_email"),
        ({"lines": []}, "#/lines"),
        ({"lines": [{"product_id": 1, "quantity": 1}] * 2}, "#/lines"),
        ({"lines": [{"product_id": number, "quantity": 1} for number in range(1, 52)]}, "#/lines"),
        ({"lines": [{"product_id": 1, "quantity": 0}]}, "#/lines/0/quantity"),
        ({"lines": [{"product_id": 1, "quantity": 101}]}, "#/lines/0/quantity"),
        ({"lines": [{"product_id": 1, "quantity": 1.5}]}, "#/lines/0/quantity"),
        ({"lines": [{"product_id": 1, "quantity": "1"}]}, "#/lines/0/quantity"),
        ({"lines": [{"product_id": 1, "quantity": True}]}, "#/lines/0/quantity"),
        ({"lines": [{"product_id": 2**63, "quantity": 1}]}, "#/lines/0/product_id"),
        ({"price": 1}, "#/price"),
    ],
)
async def test_a_bad_field_is_pointed_at(
    shop: httpx.AsyncClient, change: dict[str, Any], pointer: str
) -> None:
    body = json.dumps(order((1, 1)) | change)

    answer = await shop.post("/orders", content=body, headers={"content-type": "application/json"})

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_an_order_that_does_not_exist_is_a_problem(shop: httpx.AsyncClient) -> None:
    assert (await shop.get(f"/orders/{uuid4()}")).status_code == 404
    assert (await shop.get("/orders/7")).status_code == 422


async def test_while_the_primary_is_down_orders_are_refused_without_telling_where_it_is(
    variables: dict[str, str],
) -> None:
    application = create_app()
    settings = Settings.from_environment(variables | {"DATABASE_WRITER": "127.0.0.1:1"})
    async with resources(application, settings, relay=False), client_of(application) as shop:
        placed = await shop.post("/orders", json=order((1, 1)))
        read = await shop.get(f"/orders/{uuid4()}")

    for answer in (placed, read):
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        assert answer.json()["detail"] == "the database does not answer at the moment"
