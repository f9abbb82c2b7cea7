"""Reviews over HTTP, in one region and in two."""

import asyncio
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.platform.aws import Aws
from app.platform.preconditions import Precondition
from app.platform.table import Table
from app.reviews import store
from app.reviews.schemas import NewReview
from app.reviews.service import Reviews
from tests.app import tables
from tests.app.shop import Arrange, client, throttled
from tests.app.tokens import Issuer

REVIEW = {"rating": 4, "author_name": "Ada", "title": "Holds tea", "text": "And coffee.", "details": {}}


@pytest.fixture
def variables(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The shop's environment, with tables of the test's own."""
    names = tables.create(client(variables, "dynamodb"))
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    return variables | names


@pytest.fixture
async def product(arrange: Arrange) -> int:
    return await arrange.product()


async def write(shop: httpx.AsyncClient, product: int, me: dict[str, str], **changes: Any) -> httpx.Response:
    headers = {name: value for name, value in changes.items() if name.startswith("if")}
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    body = REVIEW | {name: value for name, value in changes.items() if not name.startswith("if")}
    return await shop.put(f"/reviews/{product}", json=body, headers=me | headers)


async def listed(shop: httpx.AsyncClient, product: int, **query: str | int) -> dict[str, Any]:
    answer = await shop.get(f"/products/{product}/reviews", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_review_is_written_shown_changed_and_deleted(
    shop: httpx.AsyncClient, product: int, issuer: Issuer
) -> None:
    subject = uuid.uuid4()
    me = issuer.bearer(subject)

    first = await write(shop, product, me, details={"width": "wide", "size": 43, "again": True})
    assert (first.status_code, first.headers["etag"]) == (201, '"1"')
    shown = await listed(shop, product)
    assert shown["items"] == [first.json()]
    assert (first.json()["author_id"], first.json()["product_id"]) == (str(subject), product)
    assert first.json()["details"] == {"width": "wide", "size": 43, "again": True}
    assert shown["ratings"] == {"count": 1, "average": 4.0, "by_rating": by_rating({4: 1})}

    second = await write(shop, product, me, rating=2, title="It broke")
    assert (second.status_code, second.headers["etag"]) == (200, '"2"')
    assert second.json()["created_at"] == first.json()["created_at"]
    assert (await listed(shop, product))["ratings"]["by_rating"] == by_rating({2: 1})

    assert (await shop.delete(f"/reviews/{product}", headers=me)).status_code == 204
    assert await listed(shop, product) == {
        "items": [],
        "next": None,
        "ratings": {"count": 0, "average": None, "by_rating": by_rating({})},
    }
    assert (await shop.delete(f"/reviews/{product}", headers=me)).status_code == 404


def by_rating(given: dict[int, int]) -> dict[str, int]:
    return {str(rating): given.get(rating, 0) for rating in range(1, 6)}


async def test_what_all_authors_gave_is_averaged(
    shop: httpx.AsyncClient, product: int, issuer: Issuer
) -> None:
    for rating in (1, 5, 5):
        await write(shop, product, issuer.bearer(), rating=rating)

    ratings = (await listed(shop, product))["ratings"]
    assert ratings == {"count": 3, "average": 3.67, "by_rating": by_rating({1: 1, 5: 2})}


async def test_pages_show_each_review_of_a_product_once_the_newest_first(
    shop: httpx.AsyncClient, product: int, issuer: Issuer, arrange: Arrange
) -> None:
    await write(shop, await arrange.product(2), issuer.bearer(), title="of another")
    for number in range(5):
        await write(shop, product, issuer.bearer(), title=f"number {number}")

    titles, cursor = [], None
    for _ in range(3):
        page = await listed(shop, product, limit=2, **({"cursor": cursor} if cursor else {}))
        titles += [item["title"] for item in page["items"]]
        cursor = page["next"]
    assert titles == [f"number {number}" for number in (4, 3, 2, 1, 0)]
    assert cursor is None


async def test_an_author_finds_their_own_and_nobody_elses(
    shop: httpx.AsyncClient, issuer: Issuer, arrange: Arrange
) -> None:
    me, other = issuer.bearer(uuid.uuid4()), issuer.bearer(uuid.uuid4())
    products = [await arrange.product(number) for number in (1, 2, 3)]
    for product in products:
        await write(shop, product, me)
    await write(shop, products[0], other)

    first = await shop.get("/reviews", params={"limit": 2}, headers=me)
    rest = await shop.get("/reviews", params={"cursor": first.json()["next"]}, headers=me)
    found = [item["product_id"] for answer in (first, rest) for item in answer.json()["items"]]
    assert found == products[::-1]
    assert first.headers["cache-control"] == "no-store"


async def test_a_change_is_refused_if_the_review_is_another_than_the_client_thinks(
    shop: httpx.AsyncClient, product: int, issuer: Issuer
) -> None:
    me = issuer.bearer(uuid.uuid4())
    assert (await write(shop, product, me, if_match='"1"')).status_code == 412
    assert (await write(shop, product, me, if_none_match="*")).status_code == 201
    assert (await write(shop, product, me, if_none_match="*")).status_code == 412
    assert (await write(shop, product, me, if_match='"1"')).status_code == 200
    refused = await write(shop, product, me, if_match='"1"')
    assert (refused.status_code, refused.json()["type"]) == (412, "/problems/precondition-failed")
    assert "at version 2 by now" in refused.json()["detail"]


async def test_a_review_of_a_product_that_does_not_exist_is_refused(
    shop: httpx.AsyncClient, issuer: Issuer, arrange: Arrange
) -> None:
    assert (await write(shop, 1, issuer.bearer())).status_code == 404


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"rating": 6}, "#/rating"),
        ({"title": "  "}, "#/title"),
        ({"text": "x" * 5_001}, "#/text"),
        ({"details": {"Bad name": 1}}, "#/details/Bad name/[key]"),
        ({"details": {f"d{number}": 1 for number in range(21)}}, "#/details"),
        ({"more": 1}, "#/more"),
    ],
)
async def test_a_bad_field_is_pointed_at(
    shop: httpx.AsyncClient, product: int, issuer: Issuer, changes: dict[str, Any], pointer: str
) -> None:
    answer = await write(shop, product, issuer.bearer(), **changes)

    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


async def test_only_support_and_administrators_delete_what_others_wrote(
    shop: httpx.AsyncClient, product: int, issuer: Issuer
) -> None:
    author = uuid.uuid4()
    await write(shop, product, issuer.bearer(author))
    path = f"/reviews/{product}/{author}"

    assert (await shop.delete(path)).status_code == 401
    assert (await shop.delete(path, headers=issuer.bearer())).status_code == 403
    assert (await shop.delete(path, headers=issuer.bearer(None, "support"))).status_code == 204
    assert (await listed(shop, product))["ratings"]["count"] == 0


@pytest.fixture
def regions(variables: dict[str, str], application: FastAPI) -> Iterator[tuple[Reviews, Reviews]]:
    """The reviews as two regions see them, whose table is replicated at once."""
    with Aws() as aws:
        table = Table(aws, variables["REVIEWS_TABLE"])
        catalog = application.state.catalog
        yield Reviews(table, "us-east-1", catalog), Reviews(table, "eu-west-1", catalog)


async def test_authors_in_all_regions_who_write_at_once_are_all_counted(
    regions: tuple[Reviews, Reviews], product: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.platform.table.TRIES", 100)
    new = NewReview.model_validate(REVIEW)

    async with asyncio.TaskGroup() as group:
        for number in range(10):
            group.create_task(regions[number % 2].write(product, uuid.uuid4(), new, Precondition()))

    for region in regions:
        assert (await region.of_product(product, None, 20)).ratings.by_rating[4] == 10


async def test_a_review_that_changed_between_reading_and_writing_is_counted_once(
    regions: tuple[Reviews, Reviews], product: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = regions
    author = uuid.uuid4()
    new = NewReview.model_validate(REVIEW)
    first = True
    write = store.write

    async def write_late(*given: Any) -> bool:
        nonlocal first
        if first:
            first = False
            await there.write(product, author, new.model_copy(update={"rating": 1}), Precondition())
        return await write(*given)

    monkeypatch.setattr(store, "write", write_late)
    review, is_first = await here.write(product, author, new, Precondition())

    assert (review.version, is_first) == (2, False)
    assert (await here.of_product(product, None, 20)).ratings.by_rating == {1: 0, 2: 0, 3: 0, 4: 1, 5: 0}


async def test_a_table_that_throttles_is_told_as_unavailable_and_the_products_are_shown(
    shop: httpx.AsyncClient, product: int, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with throttled(monkeypatch):
        answer = await write(shop, product, issuer.bearer())
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert (await shop.get(f"/products/{product}/reviews")).status_code == 503
        assert (await shop.get(f"/products/{product}")).status_code == 200
