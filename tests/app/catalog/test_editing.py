"""/admin/products: what administrators change, and what all others see of it."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from app.events.products import ProductChanged
from app.main import create_app, resources
from app.platform import outbox
from app.platform.settings import Settings
from tests.app.shop import Arrange, client_of
from tests.app.tokens import Issuer
from tests.waiting import until_async

CUP = {
    "sku": "CER-7",
    "name": "Cup",
    "description": "It holds tea",
    "category": "Ceramics",
    "price_minor": 1_200,
    "currency": "EUR",
    "image_path": "/media/products/CER-7.svg",
}
PATH = "/admin/products"


@pytest.fixture
def admin(issuer: Issuer) -> dict[str, str]:
    """The header of an administrator."""
    return issuer.bearer(None, "admin")


async def added(shop: httpx.AsyncClient, admin: dict[str, str], **changes: Any) -> httpx.Response:
    answer = await shop.post(PATH, json=CUP | {"stock": 5} | changes, headers=admin)
    assert answer.status_code == 201, answer.text
    return answer


async def test_a_product_is_added_edited_and_deleted_and_each_shows_at_once(
    shop: httpx.AsyncClient, admin: dict[str, str], arrange: Arrange
) -> None:
    assert (await shop.get("/products/1")).status_code == 404

    answer = await added(shop, admin)
    assert answer.headers["location"] == f"{PATH}/1"
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["cache-control"] == "no-store"
    shown = (await shop.get("/products/1")).json()
    assert {name: shown[name] for name in (*CUP, "stock")} == CUP | {"stock": 5}
    assert "version" not in shown

    edit = {"if-match": '"1"'} | admin
    edited = await shop.put(f"{PATH}/1", json=CUP | {"name": "Tall cup", "price_minor": 1_500}, headers=edit)
    assert (edited.status_code, edited.headers["etag"]) == (200, '"2"')
    assert edited.json() == answer.json() | {"name": "Tall cup", "price_minor": 1_500, "version": 2}
    assert (await shop.get("/products/1")).json()["name"] == "Tall cup"
    assert (await shop.get("/products", params={"q": "tall"})).json()["items"][0]["id"] == 1

    deleted = await shop.delete(f"{PATH}/1", headers={"if-match": '"2"'} | admin)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert (await shop.get("/products/1")).status_code == 404
    assert (await shop.get(f"{PATH}/1", headers=admin)).status_code == 404


async def test_of_two_who_edit_the_same_version_the_second_is_told(
    shop: httpx.AsyncClient, admin: dict[str, str], arrange: Arrange
) -> None:
    await added(shop, admin)
    first = await shop.put(f"{PATH}/1", json=CUP | {"name": "A"}, headers={"if-match": '"1"'} | admin)
    second = await shop.put(f"{PATH}/1", json=CUP | {"name": "B"}, headers={"if-match": '"1"'} | admin)
    unsaid = await shop.put(f"{PATH}/1", json=CUP | {"name": "C"}, headers=admin)

    assert [answer.status_code for answer in (first, second, unsaid)] == [200, 412, 428]
    assert "at version 2 by now" in second.json()["detail"]
    assert (await shop.get(f"{PATH}/1", headers=admin)).json()["name"] == "A"
    assert (await shop.delete(f"{PATH}/1", headers={"if-match": '"1"'} | admin)).status_code == 412


async def test_sales_do_not_disturb_an_edit_and_an_edit_keeps_the_stock(
    shop: httpx.AsyncClient, admin: dict[str, str], arrange: Arrange
) -> None:
    await added(shop, admin, stock=5)
    await arrange.connection.execute("UPDATE products SET stock = stock - 2")

    edited = await shop.put(f"{PATH}/1", json=CUP, headers={"if-match": '"1"'} | admin)
    assert (edited.status_code, edited.json()["stock"]) == (200, 3)


async def test_every_change_writes_its_event_in_its_own_transaction(
    shop: httpx.AsyncClient, admin: dict[str, str], arrange: Arrange
) -> None:
    await added(shop, admin)
    await shop.put(f"{PATH}/1", json=CUP, headers={"if-match": '"1"'} | admin)
    await shop.put(f"{PATH}/1", json=CUP, headers={"if-match": '"1"'} | admin)  # refused
    await shop.delete(f"{PATH}/1", headers={"if-match": '"2"'} | admin)

    events = [
        json.loads(row["payload"]) for row in await arrange.rows("SELECT payload FROM outbox ORDER BY id")
    ]
    assert [(event["type"], event["data"]) for event in events] == [
        ("product.changed", {"product_id": 1})
    ] * 3


async def test_a_sku_that_is_taken_is_refused(
    shop: httpx.AsyncClient, admin: dict[str, str], arrange: Arrange
) -> None:
    await added(shop, admin)
    other = (await added(shop, admin, sku="CER-8")).json()["id"]
    again = await shop.post(PATH, json=CUP, headers=admin)
    moved = await shop.put(f"{PATH}/{other}", json=CUP, headers={"if-match": '"1"'} | admin)

    for answer in (again, moved):
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/sku-taken")
    assert await arrange.value("SELECT count(*) FROM outbox") == 2


async def test_a_product_that_customers_have_reserved_is_not_deleted(
    shop: httpx.AsyncClient, admin: dict[str, str], arrange: Arrange
) -> None:
    await added(shop, admin)
    await arrange.connection.execute(
        "INSERT INTO reservations (order_id, product_id, quantity, expires_at) "
        "VALUES (gen_random_uuid(), 1, 1, now())"
    )

    refused = await shop.delete(f"{PATH}/1", headers={"if-match": '"1"'} | admin)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/product-reserved")
    assert (await shop.get(f"{PATH}/1", headers=admin)).status_code == 200


async def test_only_administrators_change_products(
    shop: httpx.AsyncClient, issuer: Issuer, arrange: Arrange
) -> None:
    number = await arrange.product()
    for headers, status in (({}, 401), (issuer.bearer(), 403), (issuer.bearer(None, "support"), 403)):
        assert (await shop.post(PATH, json=CUP, headers=headers)).status_code == status
        for method in ("GET", "PUT", "DELETE"):
            answer = await shop.request(method, f"{PATH}/{number}", headers=headers)
            assert answer.status_code == status
    assert await arrange.value("SELECT count(*) FROM products") == 1


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"sku": "cer 7"}, "#/sku"),
        ({"name": ""}, "#/name"),
        ({"name": "a\x00b"}, "#/name"),
        ({"price_minor": -1}, "#/price_minor"),
        ({"currency": "Euro"}, "#/currency"),
        ({"image_path": "https://elsewhere.example/x.svg"}, "#/image_path"),
        ({"stock": 2**31}, "#/stock"),
        ({"colour": "blue"}, "#/colour"),
    ],
)
async def test_a_bad_field_is_pointed_at(
    shop: httpx.AsyncClient, admin: dict[str, str], changes: dict[str, Any], pointer: str
) -> None:
    answer = await shop.post(PATH, json=CUP | changes, headers=admin)

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_the_token_of_a_change_leads_to_it(
    shop: httpx.AsyncClient, admin: dict[str, str], arrange: Arrange
) -> None:
    token = (await added(shop, admin)).headers["consistency-token"]

    answer = await shop.get("/products/1", headers={"consistency-token": token})
    assert answer.json()["name"] == "Cup"


async def test_a_change_whose_writer_died_leaves_the_cache_with_its_event(
    settings: Settings, arrange: Arrange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.platform.memory.LIFETIME", 0.0)
    monkeypatch.setattr("app.platform.relay.POLL", 0.02)
    path = f"/products/{await arrange.product(name='Old')}"
    application = create_app()
    async with resources(application, settings), client_of(application) as shop:

        async def name() -> str:
            return str((await shop.get(path)).json()["name"])

        assert await name() == "Old"
        async with application.state.database.transaction() as session:
            await session.execute("UPDATE products SET name = 'New'")
        assert await name() == "Old"  # as long as it is cached
        async with application.state.database.transaction() as session:
            await outbox.append(session, ProductChanged(product_id=1).event())
        await until_async(lambda: _is(name, "New"))


async def _is(name: Callable[[], Awaitable[str]], expected: str) -> bool:
    return await name() == expected
