"""What the provider tells: believed if it is signed, and of a moment ago."""

import json
import time
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from app.main import create_app, resources
from app.payments import webhooks
from app.payments.webhooks import WINDOW, sign
from app.platform.settings import Settings
from tests.app.shop import Arrange, Headers, client, client_of, place

SECRET = "a secret of both"  # noqa: S105 - of this test
CARD = "4242424242424242"


@pytest.fixture
def secret_arn(variables: dict[str, str]) -> str:
    """A secret in Secrets Manager, as the provider has it."""
    value = json.dumps({"username": "payments", "password": SECRET})
    manager = client(variables, "secretsmanager")
    return str(manager.create_secret(Name=f"payments-{uuid4().hex}", SecretString=value)["ARN"])


@pytest.fixture
async def shop(
    variables: dict[str, str], secret_arn: str, arrange: Arrange
) -> AsyncIterator[httpx.AsyncClient]:
    """A shop that knows the secret."""
    settings = Settings.from_environment(variables | {"PAYMENTS_SECRET_ARN": secret_arn})
    application: FastAPI = create_app()
    async with resources(application, settings, relay=False), client_of(application) as http:
        yield http


async def open_payment(shop: httpx.AsyncClient, arrange: Arrange, who: Headers) -> UUID:
    """Return a payment that is not at its end."""
    path = (await place(shop, who, (await arrange.product(), 1))).headers["location"]
    answer = await shop.post(f"{path}/payment", json={"card_number": CARD}, headers=who)
    return UUID(answer.json()["id"])


def message(payment_id: UUID) -> bytes:
    return json.dumps({"type": "charge.captured", "payment_id": str(payment_id), "more": 1}).encode()


async def tell(shop: httpx.AsyncClient, body: bytes, signature: str | None) -> httpx.Response:
    headers = {"content-type": "application/json"}
    headers |= {"payment-signature": signature} if signature else {}
    return await shop.post("/orders/payment-events", content=body, headers=headers)


async def test_a_signed_message_makes_the_shop_look_and_a_second_one_changes_nothing(
    shop: httpx.AsyncClient, arrange: Arrange, ada: Headers
) -> None:
    body = message(await open_payment(shop, arrange, ada))
    signature = sign(SECRET, int(time.time()), body)

    answers = [await tell(shop, body, signature) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 204]
    assert await arrange.value("SELECT status FROM orders") == "paid"
    assert await arrange.value("SELECT count(*) FROM sandbox_ledger WHERE operation = 'capture'") == 1


@pytest.mark.parametrize("age", [WINDOW + 5, -WINDOW - 5])
async def test_a_message_that_was_kept_and_sent_later_is_refused(
    shop: httpx.AsyncClient, arrange: Arrange, ada: Headers, age: int
) -> None:
    body = message(await open_payment(shop, arrange, ada))

    answer = await tell(shop, body, sign(SECRET, int(time.time()) - age, body))

    assert answer.status_code == 400
    assert answer.json()["type"] == "/problems/bad-signature"
    assert await arrange.value("SELECT status FROM payments") == "authorised"


async def test_a_message_that_the_provider_did_not_sign_is_refused(
    shop: httpx.AsyncClient, arrange: Arrange, ada: Headers
) -> None:
    body, now = message(await open_payment(shop, arrange, ada)), int(time.time())
    forged = [
        None,
        "",
        "t=1,v1=2",
        sign("another secret", now, body),
        sign(SECRET, now, body + b" "),
        sign(SECRET, now, body).replace(f"t={now}", f"t={now + 1}"),
    ]

    answers = [await tell(shop, body, signature) for signature in forged]

    assert [answer.status_code for answer in answers] == [400] * len(forged)
    assert await arrange.value("SELECT status FROM payments") == "authorised"


async def test_a_secret_that_was_changed_is_read_again(
    shop: httpx.AsyncClient, variables: dict[str, str], secret_arn: str
) -> None:
    body, now = message(uuid4()), int(time.time())
    assert (await tell(shop, body, sign(SECRET, now, body))).status_code == 404
    changed = json.dumps({"username": "payments", "password": "the next one"})
    client(variables, "secretsmanager").put_secret_value(SecretId=secret_arn, SecretString=changed)

    told = await tell(shop, body, sign("the next one", now, body))

    assert told.status_code == 404  # it was believed: there is no such payment
    assert (await tell(shop, body, sign(SECRET, now, body))).status_code == 400


async def test_a_shop_without_a_secret_believes_nobody(application: FastAPI) -> None:
    body = message(uuid4())
    async with client_of(application) as shop:
        answer = await tell(shop, body, sign("", int(time.time()), body))

    assert answer.status_code == 503
    assert "PAYMENTS_SECRET_ARN" in answer.json()["detail"]


@given(st.text(min_size=1), st.integers(0, 10**12 - 1), st.binary(), st.binary(min_size=1))
def test_a_signature_holds_for_one_secret_one_time_and_one_body(
    secret: str, at: int, body: bytes, more: bytes
) -> None:
    signature = sign(secret, at, body).partition("v1=")[2]

    assert webhooks._matches(secret, at, body, signature)
    assert not webhooks._matches(secret, at, body + more, signature)
    assert not webhooks._matches(secret, at + 1, body, signature)
    assert not webhooks._matches(secret + "x", at, body, signature)
