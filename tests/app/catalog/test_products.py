"""Reading products over HTTP."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.main import create_app, resources
from app.platform.settings import Settings
from tests.app.cable import cable
from tests.app.shop import Arrange, Headers, client_of, place


async def test_a_product_is_shown_with_everything_that_is_known_of_it(
    shop: httpx.AsyncClient, arrange: Arrange
) -> None:
    number = await arrange.product(7, name="Cup", price_minor=1_250, stock=3)

    answer = await shop.get(f"/products/{number}")

    assert answer.status_code == 200
    product = answer.json()
    assert product.pop("created_at").endswith("Z")
    assert product == {
        "id": number,
        "sku": "SKU-7",
        "name": "Cup",
        "description": "A thing to have",
        "category": "things",
        "price_minor": 1_250,
        "currency": "EUR",
        "image_path": "/media/products/SKU-7.svg",
        "stock": 3,
    }


async def test_a_product_that_does_not_exist_is_a_problem(shop: httpx.AsyncClient) -> None:
    answer = await shop.get("/products/99")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["detail"] == "There is no product 99."


@pytest.mark.parametrize("number", ["0", "-1", "seven", str(2**63), "9" * 5_000])
async def test_what_cannot_be_the_number_of_a_product_is_refused(
    shop: httpx.AsyncClient, number: str
) -> None:
    answer = await shop.get(f"/products/{number}")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "product_id"


async def test_the_first_reader_asks_the_database_the_next_finds_it_in_memory_and_others_in_redis(
    shop: httpx.AsyncClient, settings: Settings, arrange: Arrange
) -> None:
    path = f"/products/{await arrange.product()}"

    first, second = await shop.get(path), await shop.get(path)
    another = create_app()
    async with resources(another, settings, relay=False), client_of(another) as other_shop:
        third = await other_shop.get(path)

    found = [answer.headers["cache-status"] for answer in (first, second, third)]
    assert found == ["shop-redis; fwd=uri-miss", "shop-memory; hit", "shop-redis; hit"]
    assert first.content == second.content == third.content
    assert first.headers["cache-control"].startswith("public, max-age=5")


async def test_an_order_shows_in_the_stock_at_once_where_it_was_placed(
    shop: httpx.AsyncClient, arrange: Arrange, ada: Headers
) -> None:
    number = await arrange.product(stock=10)
    assert (await shop.get(f"/products/{number}")).json()["stock"] == 10

    assert (await place(shop, ada, (number, 4))).status_code == 201

    assert (await shop.get(f"/products/{number}")).json()["stock"] == 6


async def test_products_are_shown_and_ordered_while_redis_is_down(
    variables: dict[str, str], arrange: Arrange, caplog: pytest.LogCaptureFixture, ada: Headers
) -> None:
    number = await arrange.product(stock=5)
    address = variables["CACHE_URL"].removeprefix("redis://").removesuffix("/0")
    async with cable(address) as line:
        settings = Settings.from_environment(variables | {"CACHE_URL": f"redis://127.0.0.1:{line.port}/0"})
        application = create_app()
        async with resources(application, settings, relay=False), client_of(application) as shop:
            assert (await shop.get("/products/categories")).status_code == 200
            await line.cut()

            shown = await shop.get(f"/products/{number}")
            placed = await place(shop, ada, (number, 1))

            assert shown.status_code == 200
            assert shown.headers["cache-status"] == "shop-redis; fwd=bypass"
            assert placed.status_code == 201
            assert (await shop.get("/ready")).json()["checks"]["cache"] is False
            await line.join()
    assert "the cache does not answer" in caplog.text


async def test_the_categories_are_listed_by_name(shop: httpx.AsyncClient, arrange: Arrange) -> None:
    for number, category in enumerate(["tea", "maps", "tea", "string"]):
        await arrange.product(number, category=category)

    assert (await shop.get("/products/categories")).json() == {"items": ["maps", "string", "tea"]}


async def test_without_products_there_are_no_categories(shop: httpx.AsyncClient) -> None:
    assert (await shop.get("/products/categories")).json() == {"items": []}


async def test_the_description_of_a_product_matches_what_is_answered(
    application: FastAPI, shop: httpx.AsyncClient, arrange: Arrange
) -> None:
    shown: dict[str, Any] = (await shop.get(f"/products/{await arrange.product()}")).json()

    assert set(shown) == set(application.openapi()["components"]["schemas"]["Product"]["properties"])


async def test_a_head_request_is_answered_as_a_get_without_the_body(
    shop: httpx.AsyncClient, arrange: Arrange
) -> None:
    path = f"/products/{await arrange.product()}"

    got, head = await shop.get(path), await shop.head(path)

    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-length", "content-type", "cache-control"):
        assert head.headers[name] == got.headers[name]
    assert (await shop.head("/couriers/c-1/positions")).status_code == 405


async def test_a_client_that_has_the_product_is_told_so_without_the_body(
    shop: httpx.AsyncClient, arrange: Arrange
) -> None:
    path = f"/products/{await arrange.product()}"
    first = await shop.get(path)
    tag = first.headers["etag"]

    for said in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = await shop.get(path, headers={"if-none-match": said})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert again.headers["cache-control"] == first.headers["cache-control"]
    await arrange.connection.execute("UPDATE products SET stock = 1")
    strong = {"consistency": "strong"}
    assert (await shop.get(path, headers={"if-none-match": tag} | strong)).status_code == 200


async def test_a_client_may_ask_past_every_cache(shop: httpx.AsyncClient, arrange: Arrange) -> None:
    path = f"/products/{await arrange.product(stock=9)}"
    assert (await shop.get(path)).json()["stock"] == 9
    await arrange.connection.execute("UPDATE products SET stock = 1")
    token = f"1-{int(await arrange.value('SELECT pg_current_wal_lsn()')):x}"

    assert (await shop.get(path)).json()["stock"] == 9
    for headers in ({"consistency": "strong"}, {"consistency-token": token}):
        answer = await shop.get(path, headers=headers)
        assert answer.json()["stock"] == 1
        assert answer.headers["cache-status"] == "shop-memory; fwd=request"
        assert answer.headers["cache-control"] == "no-store"
    wrong = await shop.get(path, headers={"consistency": "exact"})
    assert (wrong.status_code, wrong.json()["errors"][0]["parameter"]) == (422, "Consistency")


async def test_a_product_that_is_not_there_is_looked_for_once(
    shop: httpx.AsyncClient, arrange: Arrange
) -> None:
    assert (await shop.get("/products/1")).status_code == 404
    assert await arrange.product() == 1

    assert (await shop.get("/products/1")).status_code == 404
    assert (await shop.get("/products/1", headers={"consistency": "strong"})).status_code == 200
