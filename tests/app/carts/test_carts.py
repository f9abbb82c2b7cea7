"""/cart over HTTP, in one region and in two."""

import asyncio
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from app.carts.schemas import CartView
from app.carts.service import Carts
from app.platform.aws import Aws
from app.platform.table import Table
from tests.app.shop import client, throttled
from tests.app.tokens import Issuer

Me = dict[str, str]


@pytest.fixture
def me(issuer: Issuer) -> Me:
    """A customer: the header that says who it is."""
    return issuer.bearer()


def lines(answer: httpx.Response) -> list[tuple[int, int]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return [(line["product_id"], line["quantity"]) for line in answer.json()["lines"]]


async def put(shop: httpx.AsyncClient, me: Me, product: int, quantity: int) -> httpx.Response:
    return await shop.post("/cart/lines", json={"product_id": product, "quantity": quantity}, headers=me)


async def test_a_cart_is_filled_changed_and_emptied(shop: httpx.AsyncClient, me: Me) -> None:
    assert lines(await shop.get("/cart", headers=me)) == []
    assert lines(await put(shop, me, 7, 2)) == [(7, 2)]
    assert lines(await put(shop, me, 7, 1)) == [(7, 3)]
    assert lines(await put(shop, me, 5, 1)) == [(5, 1), (7, 3)]
    assert lines(await shop.put("/cart/lines/7", json={"quantity": 1}, headers=me)) == [(5, 1), (7, 1)]
    assert lines(await shop.delete("/cart/lines/5", headers=me)) == [(7, 1)]
    assert lines(await shop.delete("/cart/lines/5", headers=me)) == [(7, 1)]
    assert lines(await shop.get("/cart", headers=me)) == [(7, 1)]
    assert lines(await shop.delete("/cart", headers=me)) == []
    assert lines(await shop.get("/cart", headers=me)) == []


async def test_each_customer_has_a_cart_of_their_own(shop: httpx.AsyncClient, me: Me, issuer: Issuer) -> None:
    await put(shop, me, 7, 2)

    assert lines(await shop.get("/cart", headers=issuer.bearer())) == []


async def test_nobody_has_a_cart_without_signing_in(shop: httpx.AsyncClient) -> None:
    assert (await shop.get("/cart")).status_code == 401
    assert (await put(shop, {}, 7, 1)).status_code == 401


async def test_a_cart_holds_no_more_than_can_be_ordered(shop: httpx.AsyncClient, me: Me) -> None:
    await put(shop, me, 7, 60)
    too_many = await put(shop, me, 7, 50)
    assert (too_many.status_code, too_many.json()["type"]) == (409, "/problems/cart-full")
    assert too_many.json()["product_id"] == 7

    for product in range(100, 149):
        await put(shop, me, product, 1)
    one_more = await put(shop, me, 1_000, 1)
    assert (one_more.status_code, one_more.json()["most_lines"]) == (409, 50)
    assert len(lines(await shop.get("/cart", headers=me))) == 50


@pytest.mark.parametrize(
    "line", [{"product_id": 0, "quantity": 1}, {"product_id": 1, "quantity": 0}, {"product_id": 1}, {}]
)
async def test_a_bad_line_is_pointed_at(shop: httpx.AsyncClient, me: Me, line: dict[str, int]) -> None:
    answer = await shop.post("/cart/lines", json=line, headers=me)

    assert answer.status_code == 422
    assert all(error["pointer"].startswith("#/") for error in answer.json()["errors"])


@pytest.fixture
def regions(variables: dict[str, str]) -> Iterator[tuple[Carts, Carts]]:
    """The carts as two regions see them, whose table is replicated at once."""
    with Aws() as aws:
        table = Table(aws, variables["CARTS_TABLE"])
        yield Carts(table, "us-east-1"), Carts(table, "eu-west-1")


def quantities(cart: CartView) -> dict[int, int]:
    return {line.product_id: line.quantity for line in cart.lines}


async def test_two_regions_that_change_a_cart_at_once_lose_nothing(
    regions: tuple[Carts, Carts], variables: dict[str, str]
) -> None:
    """What eu-west-1 wrote comes to the other region only after that one has written, too."""
    here, there = regions
    owner = uuid.uuid4()
    await there.put(owner, 7, 1)
    late = taken_away(variables, owner, "eu-west-1")
    await here.put(owner, 7, 2)
    await here.put(owner, 5, 1)
    client(variables, "dynamodb").put_item(TableName=variables["CARTS_TABLE"], Item=late)

    for region in regions:
        assert quantities(await region.cart(owner)) == {5: 1, 7: 3}
    await there.take_out(owner, 7)
    for region in regions:
        assert quantities(await region.cart(owner)) == {5: 1}


def taken_away(variables: dict[str, str], owner: uuid.UUID, region: str) -> dict[str, Any]:
    """Delete a region's version and return it, as if it had not come through yet."""
    key = {"cart_id": {"S": str(owner)}, "written_in": {"S": region}}
    answer = client(variables, "dynamodb").delete_item(
        TableName=variables["CARTS_TABLE"], Key=key, ReturnValues="ALL_OLD"
    )
    found: dict[str, Any] = answer["Attributes"]
    return found


async def test_instances_of_one_region_that_change_a_cart_at_once_lose_nothing(
    regions: tuple[Carts, Carts], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.carts.service.TRIES", 100)
    here, _ = regions
    owner = uuid.uuid4()

    async with asyncio.TaskGroup() as group:
        for product in range(1, 11):
            group.create_task(here.put(owner, product, 1))

    assert quantities(await here.cart(owner)) == dict.fromkeys(range(1, 11), 1)


async def test_a_version_that_expired_counts_no_more_and_its_numbers_are_not_given_again(
    regions: tuple[Carts, Carts], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = regions
    owner = uuid.uuid4()
    await here.put(owner, 7, 1)
    await there.take_out(owner, 7)  # it has seen the first addition
    with monkeypatch.context() as patch:
        patch.setattr("app.carts.store.LIFETIME", -1)
        await here.put(owner, 6, 1)
    assert quantities(await here.cart(owner)) == {}

    await there.put(owner, 5, 1)
    await here.put(owner, 7, 2)
    assert quantities(await there.cart(owner)) == {5: 1, 7: 2}


async def test_a_table_that_throttles_is_told_as_unavailable_and_the_cart_stays(
    shop: httpx.AsyncClient, me: Me, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put(shop, me, 7, 2)
    with throttled(monkeypatch):
        answer = await put(shop, me, 7, 1)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")

    assert lines(await shop.get("/cart", headers=me)) == [(7, 2)]
