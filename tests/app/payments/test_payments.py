"""Paying over HTTP: what each card brings about, and what is never written anywhere."""

import asyncio
import json
import logging
from collections import Counter
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.payments.provider import SilentError
from app.payments.reconciler import Reconciler
from app.payments.sandbox import Sandbox
from app.platform.election import AdvisoryLockElection
from tests.app.shop import Arrange, Headers, place
from tests.app.tokens import Issuer

GOOD, DECLINED, POOR, SILENT = (
    "4242424242424242",
    "4000000000000002",
    "4000000000009995",
    "4000000000000119",
)
AUTHORISATIONS = "SELECT count(*) FROM sandbox_ledger WHERE operation = 'authorise'"
CAPTURES = "SELECT count(*) FROM sandbox_ledger WHERE operation = 'capture'"
REFUNDS = "SELECT count(*) FROM sandbox_ledger WHERE operation = 'refund'"
STATUS = "SELECT status FROM orders"


@pytest.fixture
async def path(shop: httpx.AsyncClient, arrange: Arrange, ada: Headers) -> str:
    """The path of an order of two things."""
    return (await place(shop, ada, (await arrange.product(stock=10), 2))).headers["location"]


async def pay(shop: httpx.AsyncClient, who: Headers, path: str, card: str = GOOD) -> httpx.Response:
    return await shop.post(f"{path}/payment", json={"card_number": card}, headers=who)


async def reconcile(application: FastAPI, arrange: Arrange) -> None:
    """Let all open payments be tried long ago, and settle them."""
    await arrange.connection.execute("UPDATE payments SET tried_at = '-infinity'")
    await settle(application)


async def settle(application: FastAPI) -> None:
    payments = application.state.payments
    await Reconciler(payments._shards, payments, AdvisoryLockElection(application.state.database, 1)).settle()


async def test_a_payment_is_authorised_at_once_and_tells_of_it(
    shop: httpx.AsyncClient, arrange: Arrange, ada: Headers, path: str
) -> None:
    paid = await pay(shop, ada, path)

    assert paid.status_code == 201
    assert paid.headers["location"] == f"{path}/payment"
    body = paid.json()
    assert (body["status"], body["amount_minor"], body["currency"]) == ("authorised", 2_000, "EUR")
    assert (body["card_last_four"], body["decline_reason"]) == ("4242", None)
    assert (await shop.get(path, headers=ada)).json()["status"] == "placed"
    assert (await shop.get(f"{path}/payment", headers=ada)).json() == body
    payload = await arrange.value("SELECT payload::text FROM outbox WHERE type = 'payment.authorised'")
    told = json.loads(payload)
    assert told["aggregate_id"] == body["order_id"]
    assert told["data"] == {
        "order_id": body["order_id"],
        "payment_id": body["id"],
        "amount_minor": 2_000,
        "currency": "EUR",
    }


async def test_a_capture_makes_the_order_paid_and_says_so(
    application: FastAPI, shop: httpx.AsyncClient, arrange: Arrange, ada: Headers, path: str
) -> None:
    authorised = await pay(shop, ada, path)
    await reconcile(application, arrange)

    assert (await shop.get(path, headers=ada)).json()["status"] == "paid"
    captured = (await shop.get(f"{path}/payment", headers=ada)).json()
    assert captured == authorised.json() | {"status": "captured"}
    assert await arrange.value("SELECT count(*) FROM outbox WHERE type = 'order.paid'") == 1
    row = await arrange.rows("SELECT operation, amount_minor, outcome FROM sandbox_ledger ORDER BY at")
    assert row == [
        {"operation": operation, "amount_minor": 2_000, "outcome": "done"}
        for operation in ("authorise", "capture")
    ]


@pytest.mark.parametrize(("card", "reason"), [(DECLINED, "card_declined"), (POOR, "insufficient_funds")])
async def test_a_card_that_is_declined_leaves_the_order_to_be_paid_with_another(
    application: FastAPI,
    shop: httpx.AsyncClient,
    arrange: Arrange,
    ada: Headers,
    path: str,
    *,
    card: str,
    reason: str,
) -> None:
    declined = await pay(shop, ada, path, card)
    shown = await shop.get(f"{path}/payment", headers=ada)
    paid = await pay(shop, ada, path)
    await reconcile(application, arrange)

    assert declined.status_code == 402
    assert declined.json()["type"] == "/problems/payment-declined"
    assert declined.json()["reason"] == shown.json()["decline_reason"] == reason
    assert paid.status_code == 201
    assert await arrange.value(CAPTURES) == 1


async def test_a_yes_whose_answer_was_lost_is_found_by_who_looks_again(
    application: FastAPI,
    shop: httpx.AsyncClient,
    arrange: Arrange,
    ada: Headers,
    path: str,
    *,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as lost:
        lose_answers(lost)
        unknown = await pay(shop, ada, path)
    await reconcile(application, arrange)
    known = await shop.get(f"{path}/payment", headers=ada)

    assert (unknown.status_code, unknown.json()["status"]) == (202, "pending")
    assert known.json() == unknown.json() | {"status": "captured"}
    assert (await shop.get(path, headers=ada)).json()["status"] == "paid"
    assert await arrange.value(CAPTURES) == 1


async def test_a_capture_whose_answer_was_lost_is_found_to_be_done(
    application: FastAPI, shop: httpx.AsyncClient, arrange: Arrange, ada: Headers, path: str
) -> None:
    await pay(shop, ada, path, SILENT)
    await reconcile(application, arrange)
    charged = await arrange.value(CAPTURES), await arrange.value("SELECT status FROM payments")
    await reconcile(application, arrange)

    assert charged == (1, "authorised")
    assert await arrange.value("SELECT status FROM payments") == "captured"
    assert await arrange.value(STATUS) == "paid"
    assert await arrange.value(CAPTURES) == 1


async def test_who_sends_a_payment_again_goes_on_with_the_first(
    shop: httpx.AsyncClient,
    arrange: Arrange,
    ada: Headers,
    path: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as lost:
        lose_answers(lost)
        unknown = await pay(shop, ada, path, SILENT)
    again = await pay(shop, ada, path, GOOD)  # another card is not charged beside it
    third = await pay(shop, ada, path, SILENT)

    assert again.status_code == 201
    assert again.json()["id"] == unknown.json()["id"]
    assert again.json()["card_last_four"] == "0119"
    assert third.json() == again.json()
    assert await arrange.value(AUTHORISATIONS) == 1


def lose_answers(patch: pytest.MonkeyPatch) -> None:
    """Let the provider do what it is asked for, and its answers be lost."""
    authorise = Sandbox.authorise

    async def silent(sandbox: Sandbox, *arguments: Any) -> str:
        await authorise(sandbox, *arguments)
        raise SilentError("the answer was lost")

    patch.setattr(Sandbox, "authorise", silent)


async def test_however_many_pay_an_order_at_once_it_is_charged_once(
    application: FastAPI, shop: httpx.AsyncClient, arrange: Arrange, ada: Headers, path: str
) -> None:
    answers = await asyncio.gather(*(pay(shop, ada, path) for _ in range(12)))
    await reconcile(application, arrange)
    await reconcile(application, arrange)

    assert Counter(answer.status_code for answer in answers) == {201: 12}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert (await arrange.value(AUTHORISATIONS), await arrange.value(CAPTURES)) == (1, 1)
    assert await arrange.value("SELECT count(*) FROM outbox WHERE type = 'payment.authorised'") == 1
    assert await arrange.value("SELECT count(*) FROM outbox WHERE type = 'order.paid'") == 1


async def test_what_is_only_authorised_is_let_go_of_when_the_order_is_cancelled(
    application: FastAPI, shop: httpx.AsyncClient, arrange: Arrange, ada: Headers, path: str
) -> None:
    await pay(shop, ada, path)
    await shop.post(f"{path}/cancellation", headers=ada)
    before = (await shop.get(f"{path}/payment", headers=ada)).json()["status"]
    for _ in range(2):
        await reconcile(application, arrange)

    assert before == "refunding"
    assert (await shop.get(path, headers=ada)).json()["status"] == "refunded"
    assert (await arrange.value(CAPTURES), await arrange.value(REFUNDS)) == (0, 1)


async def test_what_was_authorised_a_moment_ago_is_left_to_its_consumer(
    application: FastAPI, shop: httpx.AsyncClient, arrange: Arrange, ada: Headers, path: str
) -> None:
    await pay(shop, ada, path)
    await arrange.connection.execute("UPDATE payments SET tried_at = now() - interval '60 s'")
    await settle(application)
    early = await arrange.value(CAPTURES)
    await arrange.connection.execute("UPDATE payments SET tried_at = now() - interval '300 s'")
    await settle(application)

    assert (early, await arrange.value(CAPTURES)) == (0, 1)


async def test_an_order_that_is_cancelled_is_not_paid_and_what_was_paid_is_given_back(
    application: FastAPI, shop: httpx.AsyncClient, arrange: Arrange, ada: Headers, path: str
) -> None:
    await pay(shop, ada, path)
    await reconcile(application, arrange)
    await shop.post(f"{path}/cancellation", headers=ada)
    before = (await shop.get(f"{path}/payment", headers=ada)).json()["status"]
    too_late = await pay(shop, ada, path)
    for _ in range(2):
        await reconcile(application, arrange)

    assert before == "refunding"
    assert too_late.status_code == 409
    assert (await shop.get(path, headers=ada)).json()["status"] == "refunded"
    assert (await shop.get(f"{path}/payment", headers=ada)).json()["status"] == "refunded"
    assert (await arrange.value(CAPTURES), await arrange.value(REFUNDS)) == (1, 1)
    assert await arrange.value("SELECT stock FROM products") == 10


async def test_an_order_that_was_never_paid_costs_nothing_when_it_is_cancelled(
    application: FastAPI, shop: httpx.AsyncClient, arrange: Arrange, ada: Headers, path: str
) -> None:
    await pay(shop, ada, path, DECLINED)
    await shop.post(f"{path}/cancellation", headers=ada)
    await reconcile(application, arrange)

    assert await arrange.value(STATUS) == "cancelled"
    assert await arrange.value(REFUNDS) == 0


async def test_staff_give_money_back_for_what_came_back(
    application: FastAPI,
    shop: httpx.AsyncClient,
    arrange: Arrange,
    ada: Headers,
    staff: Headers,
    *,
    path: str,
) -> None:
    await pay(shop, ada, path)
    await reconcile(application, arrange)
    too_early = await shop.post(f"{path}/refund", headers=staff)
    await shop.post(f"{path}/shipment", headers=staff)
    await shop.post(f"{path}/delivery", headers=staff)
    by_customer = await shop.post(f"{path}/refund", headers=ada)
    refunded = await shop.post(f"{path}/refund", headers=staff)
    again = await shop.post(f"{path}/refund", headers=staff)

    assert (too_early.status_code, by_customer.status_code) == (409, 403)
    assert (refunded.status_code, refunded.json()["status"]) == (200, "refunded")
    assert again.status_code == 409
    assert await arrange.value(STATUS) == "refunded"
    assert await arrange.value(REFUNDS) == 1


async def test_nobody_pays_or_sees_the_payment_of_anothers_order(
    shop: httpx.AsyncClient, ada: Headers, issuer: Issuer, staff: Headers, path: str
) -> None:
    other = issuer.bearer(UUID(int=2))

    assert (await pay(shop, other, path)).status_code == 404
    assert (await pay(shop, staff, path)).status_code == 404
    assert (await pay(shop, {}, path)).status_code == 401
    await pay(shop, ada, path)
    assert (await shop.get(f"{path}/payment", headers=other)).status_code == 404
    assert (await shop.get(f"{path}/payment", headers=staff)).status_code == 200
    assert (await pay(shop, ada, f"/orders/{uuid4()}")).status_code == 404


@pytest.mark.parametrize(
    "card", ["", "4242424242424241", "4242 4242 4242 4242", "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢", "4" * 20, 4242, None]
)
async def test_a_number_that_no_card_has_is_refused_and_not_repeated(
    shop: httpx.AsyncClient, ada: Headers, path: str, card: object, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = await shop.post(f"{path}/payment", json={"card_number": card}, headers=ada)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "#/card_number"
    if isinstance(card, str) and card:
        assert card not in answer.text
        assert card not in caplog.text


@pytest.mark.parametrize("card", [GOOD, DECLINED, SILENT])
async def test_the_number_of_a_card_is_neither_stored_nor_logged(
    shop: httpx.AsyncClient,
    arrange: Arrange,
    ada: Headers,
    path: str,
    *,
    card: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = await pay(shop, ada, path, card)

    tables = await arrange.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    stored = [
        row["content"]
        for table in tables
        for row in await arrange.rows(f"SELECT t::text AS content FROM {table['tablename']} AS t")  # noqa: S608
    ]
    assert stored
    assert not [content for content in stored if card in content]
    assert card not in caplog.text
    assert card not in answer.text
