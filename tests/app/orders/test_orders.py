"""Placing and reading orders over HTTP."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from app.main import create_app, resources
from app.platform.settings import Settings
from scripts.local.runtime.servers import postgres
from tests.app.administrator import administrator_of
from tests.app.shop import ADA, Arrange, Headers, client_of, order, place
from tests.app.tokens import Issuer
from tests.waiting import until_async


async def test_an_order_is_taken_at_the_prices_of_the_moment_and_can_be_read(
    shop: httpx.AsyncClient, arrange: Arrange, ada: Headers
) -> None:
    cup = await arrange.product(1, name="Cup", price_minor=1_250)
    vase = await arrange.product(2, name="Vase", price_minor=4_790)

    placed = await place(shop, ada, (vase, 1), (cup, 3))
    await arrange.connection.execute("UPDATE products SET price_minor = 1, name = 'Changed'")
    read = await shop.get(placed.headers["location"], headers=ada)

    assert placed.status_code == 201
    assert read.status_code == 200
    assert read.json() == placed.json()
    assert placed.headers["cache-control"] == read.headers["cache-control"] == "no-store"
    body = read.json()
    assert UUID(body.pop("id")).version == 7
    assert body.pop("created_at").endswith("Z")
    assert body == {
        "courier_id": None,
        "customer_id": str(ADA),
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


async def test_the_event_of_an_order_is_committed_with_it(
    shop: httpx.AsyncClient, arrange: Arrange, ada: Headers
) -> None:
    product = await arrange.product()
    placed = (await place(shop, ada, (product, 1))).json()

    [row] = await arrange.rows("SELECT * FROM outbox")
    assert (row["type"], row["aggregate_id"], row["published_at"]) == ("order.placed", placed["id"], None)
    assert json.loads(row["payload"]) == {
        "id": str(row["event_id"]),
        "type": "order.placed",
        "version": 1,
        "occurred_at": row["occurred_at"].isoformat(),
        "aggregate_id": placed["id"],
        "data": {"order_id": placed["id"], "lines": [{"product_id": product, "quantity": 1}]},
    }


async def test_an_order_of_more_than_there_is_changes_nothing(
    shop: httpx.AsyncClient, arrange: Arrange, ada: Headers
) -> None:
    plenty, few = await arrange.product(1, stock=10), await arrange.product(2, stock=2)

    answer = await place(shop, ada, (plenty, 1), (few, 3))

    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == "/problems/out-of-stock"
    assert problem["lines"] == [{"pointer": "#/lines/1/quantity", "product_id": few, "available": 2}]
    assert [row["stock"] for row in await arrange.rows("SELECT stock FROM products ORDER BY id")] == [10, 2]
    assert await arrange.value("SELECT count(*) FROM orders") == 0
    assert await arrange.value("SELECT count(*) FROM outbox") == 0


async def test_a_product_that_does_not_exist_is_named_by_its_line(
    shop: httpx.AsyncClient, arrange: Arrange, ada: Headers
) -> None:
    known = await arrange.product()

    answer = await place(shop, ada, (known, 1), (known + 1, 1))

    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"pointer": "#/lines/1/product_id", "detail": "No such product"}]


async def test_one_order_has_one_currency(shop: httpx.AsyncClient, arrange: Arrange, ada: Headers) -> None:
    euros, francs = await arrange.product(1), await arrange.product(2, currency="CHF")

    answer = await place(shop, ada, (euros, 1), (francs, 1))

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
    shop: httpx.AsyncClient, change: dict[str, Any], pointer: str, ada: Headers
) -> None:
    body = json.dumps(order((1, 1)) | change)

    headers = ada | {"content-type": "application/json", "idempotency-key": "one"}
    answer = await shop.post("/orders", content=body, headers=headers)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_an_order_that_does_not_exist_is_a_problem(shop: httpx.AsyncClient, ada: Headers) -> None:
    assert (await shop.get(f"/orders/{uuid4()}", headers=ada)).status_code == 404
    assert (await shop.get("/orders/7", headers=ada)).status_code == 422


async def test_while_the_primary_is_down_orders_are_refused_without_telling_where_it_is(
    variables: dict[str, str], ada: Headers
) -> None:
    application = create_app()
    settings = Settings.from_environment(variables | {"DATABASE_WRITER": "127.0.0.1:1"})
    async with resources(application, settings, relay=False), client_of(application) as shop:
        placed = await place(shop, ada, (1, 1))
        read = await shop.get(f"/orders/{uuid4()}", headers=ada)

    for answer in (placed, read):
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        assert answer.json()["detail"] == "the database does not answer at the moment"


async def test_without_a_token_nobody_orders_or_reads(shop: httpx.AsyncClient) -> None:
    answers = [
        await place(shop, {}, (1, 1)),
        await shop.get("/orders"),
        await shop.get(f"/orders/{uuid4()}"),
        await shop.post(f"/orders/{uuid4()}/cancellation"),
        await shop.post(f"/orders/{uuid4()}/shipment"),
    ]

    assert [answer.status_code for answer in answers] == [401] * 5


async def test_an_order_is_shown_to_who_placed_it_and_to_staff_and_to_nobody_else(
    shop: httpx.AsyncClient, arrange: Arrange, ada: Headers, staff: Headers, issuer: Issuer
) -> None:
    placed = await place(shop, ada, (await arrange.product(), 1))
    path = placed.headers["location"]

    by_staff = await shop.get(path, headers=staff)
    by_another = await shop.get(path, headers=issuer.bearer(UUID(int=2)))

    assert by_staff.json() == placed.json()
    assert by_another.status_code == 404
    assert by_another.json()["detail"] == f"There is no order {placed.json()['id']}."


async def test_the_own_orders_are_listed_page_by_page_the_newest_first(
    shop: httpx.AsyncClient, arrange: Arrange, ada: Headers, issuer: Issuer
) -> None:
    product = await arrange.product(stock=10)
    placed = [(await place(shop, ada, (product, 1))).json()["id"] for _ in range(5)]
    await place(shop, issuer.bearer(UUID(int=2)), (product, 1))

    listed: list[str] = []
    cursor: dict[str, str] = {}
    pages = 0
    while pages == 0 or cursor:
        page = (await shop.get("/orders", params={"limit": 2, **cursor}, headers=ada)).json()
        listed += [item["id"] for item in page["items"]]
        cursor = {"cursor": page["next"]} if page["next"] else {}
        pages += 1

    assert listed == sorted(placed, reverse=True)
    assert pages == 3
    assert (await shop.get("/orders", params={"cursor": "7"}, headers=ada)).status_code == 422


async def test_while_the_database_has_no_storage_left_orders_are_refused_and_read_and_taken_afterwards(
    shop: httpx.AsyncClient, arrange: Arrange, ada: Headers, primary: postgres.Running
) -> None:
    """A full database takes no writes; connections that were open before are told so, too."""
    cup = await arrange.product(1)
    placed = await place(shop, ada, (cup, 1))
    async with refusing_writes(primary):
        refused = await place(shop, ada, (cup, 1))
        read = await shop.get(placed.headers["location"], headers=ada)
    taken = await place(shop, ada, (cup, 1))

    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert refused.json()["detail"] == "the database takes no writes at the moment"
    assert (read.status_code, read.json()) == (200, placed.json())
    assert taken.status_code == 201
    assert await arrange.value("SELECT count(*) FROM orders") == 2


@asynccontextmanager
async def refusing_writes(primary: postgres.Running) -> AsyncIterator[None]:
    """Have a server take no writes, as the runtime does for one whose storage is full."""
    administrator = await administrator_of(primary)

    async def follows(value: str) -> None:
        await administrator.execute(f"ALTER SYSTEM SET default_transaction_read_only = {value}")
        await administrator.execute("SELECT pg_reload_conf()")
        shown = "SELECT setting = $1 FROM pg_settings WHERE name = 'default_transaction_read_only'"
        await until_async(lambda: administrator.fetchval(shown, value))

    await follows("on")
    try:
        yield
    finally:
        await follows("off")
        await administrator.close()
