"""Orders whose request is sent more than once."""

import asyncio
import contextlib
from collections import Counter
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from app.platform import idempotency
from app.platform.idempotency import Attempt, KeyMissingError
from tests.app.shop import ADA, Arrange, Headers, order, place
from tests.app.tokens import Issuer


async def test_a_repeated_request_gets_the_answer_of_the_first_and_changes_nothing(
    shop: httpx.AsyncClient, arrange: Arrange, ada: Headers
) -> None:
    product = await arrange.product(stock=10)

    first = await place(shop, ada, (product, 3), key="one")
    await arrange.connection.execute("UPDATE orders SET status = 'paid'")
    await arrange.connection.execute("UPDATE products SET price_minor = 1")
    again = await place(shop, ada, (product, 3), key='"one"')  # as a structured field

    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["content-type"] == first.headers["content-type"]
    assert await arrange.value("SELECT stock FROM products") == 7
    assert await arrange.value("SELECT count(*) FROM outbox") == 1


async def test_a_key_that_comes_with_another_order_is_refused(
    shop: httpx.AsyncClient, arrange: Arrange, ada: Headers
) -> None:
    product = await arrange.product(stock=10)
    await place(shop, ada, (product, 1), key="one")

    for other in (
        await place(shop, ada, (product, 2), key="one"),
        await place(shop, ada, (product, 1), key="one", email="eve@example.com"),
    ):
        assert other.status_code == 422
        assert other.json()["type"] == "/problems/idempotency-key-reused"
    assert await arrange.value("SELECT stock FROM products") == 9


async def test_keys_of_different_customers_have_nothing_to_do_with_each_other(
    shop: httpx.AsyncClient, arrange: Arrange, ada: Headers, issuer: Issuer
) -> None:
    product = await arrange.product(stock=10)

    mine = await place(shop, ada, (product, 1), key="one")
    theirs = await place(shop, issuer.bearer(UUID(int=2)), (product, 2), key="one")

    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert mine.json()["id"] != theirs.json()["id"]


@pytest.mark.parametrize("key", [None, "", '""', "x" * 201, "k\xe9y", "a\tb"])
async def test_an_order_without_a_key_is_refused_and_told_what_to_send(
    shop: httpx.AsyncClient, arrange: Arrange, ada: Headers, key: str | None
) -> None:
    product = await arrange.product()
    headers = ada if key is None else ada | {"idempotency-key": key}

    encoded = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
    answer = await shop.post("/orders", json=order((product, 1)), headers=encoded)

    assert answer.status_code == 400
    assert answer.json()["type"] == "/problems/idempotency-key-missing"
    assert answer.json()["detail"].startswith("Send the header Idempotency-Key: 1 to 200 printable")


async def test_while_the_first_request_is_at_work_the_second_is_told_to_wait(
    shop: httpx.AsyncClient, arrange: Arrange, ada: Headers
) -> None:
    product = await arrange.product(stock=10)
    attempt = Attempt.of(ADA, "one", b"")

    async with arrange.connection.transaction():
        await arrange.connection.execute("SELECT pg_advisory_xact_lock($1)", attempt.lock)
        meanwhile = await place(shop, ada, (product, 1), key="one")
    afterwards = await place(shop, ada, (product, 1), key="one")

    assert meanwhile.status_code == 409
    assert meanwhile.json()["type"] == "/problems/request-at-work"
    assert meanwhile.headers["retry-after"] == "1"
    assert afterwards.status_code == 201


async def test_a_request_that_failed_may_be_repeated_with_its_key(
    shop: httpx.AsyncClient, arrange: Arrange, ada: Headers
) -> None:
    product = await arrange.product(stock=1)

    refused = await place(shop, ada, (product, 2), key="one")
    await arrange.connection.execute("UPDATE products SET stock = 2")
    taken = await place(shop, ada, (product, 2), key="one")

    assert (refused.status_code, taken.status_code) == (409, 201)


async def test_however_many_send_the_same_request_at_once_there_is_one_order(
    shop: httpx.AsyncClient, arrange: Arrange, ada: Headers
) -> None:
    product = await arrange.product(stock=2)  # enough for one order, not for two

    answers = await asyncio.gather(*(place(shop, ada, (product, 2), key="one") for _ in range(20)))
    last = await place(shop, ada, (product, 2), key="one")

    statuses = Counter(answer.status_code for answer in answers)
    assert set(statuses) <= {201, 409}
    assert statuses[201] >= 1
    assert {answer.content for answer in answers if answer.status_code == 201} == {last.content}
    types = {answer.json()["type"] for answer in answers if answer.status_code == 409}
    assert types <= {"/problems/request-at-work"}
    assert await arrange.value("SELECT count(*) FROM orders") == 1
    assert await arrange.value("SELECT stock FROM products") == 0


async def test_an_answer_that_has_expired_is_forgotten_and_its_key_is_free(
    application: FastAPI, shop: httpx.AsyncClient, arrange: Arrange, ada: Headers
) -> None:
    product = await arrange.product(stock=10)
    first = await place(shop, ada, (product, 1), key="one")
    await place(shop, ada, (product, 1), key="two")
    await arrange.connection.execute(
        "UPDATE idempotency_keys SET expires_at = now() - interval '1 s' WHERE key = 'one'"
    )

    fresh = await place(shop, ada, (product, 2), key="one")
    await arrange.connection.execute(
        "UPDATE idempotency_keys SET expires_at = now() - interval '1 s' WHERE key = 'one'"
    )
    async with application.state.database.transaction() as session:
        await idempotency.forget_expired(session)

    assert (fresh.status_code, fresh.json()["id"] == first.json()["id"]) == (201, False)
    assert [row["key"] for row in await arrange.rows("SELECT key FROM idempotency_keys")] == ["two"]


@given(st.text(max_size=210))
def test_whatever_stands_in_the_header_is_a_key_or_refused(header: str) -> None:
    with contextlib.suppress(KeyMissingError):
        attempt = Attempt.of(ADA, header, b"")
        assert 0 < len(attempt.key) <= idempotency.LONGEST_KEY
        assert -(2**63) <= attempt.lock < 2**63


@given(st.binary(), st.binary(), st.text("ab", min_size=1), st.text("ab", min_size=1))
def test_a_claim_is_the_same_for_the_same_request_only(
    content: bytes, other: bytes, key: str, other_key: str
) -> None:
    claim = Attempt.of(ADA, key, content).claim

    assert claim == Attempt.of(ADA, key, content).claim
    assert (claim == Attempt.of(ADA, other_key, other).claim) is ((key, content) == (other_key, other))
    assert claim != Attempt.of(uuid4(), key, content).claim
