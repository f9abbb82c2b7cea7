"""Registering, signing in and out over HTTP."""

import logging
import uuid
from typing import Any

import httpx
import pytest

from app.main import create_app, resources
from app.platform.settings import Settings
from tests.app.pool import PHRASE, Pool
from tests.app.shop import client_of


def login(email: str, password: str = PHRASE) -> dict[str, str]:
    return {"email": email, "password": password}


async def signed_in(shop: httpx.AsyncClient, email: str) -> dict[str, Any]:
    """Sign in and return the tokens."""
    answer = await shop.post("/accounts/sign-in", json=login(email))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"authorization": f"Bearer {tokens['access_token']}"}


async def test_who_registers_confirms_the_address_and_signs_in(shop: httpx.AsyncClient, pool: Pool) -> None:
    email = "ada@example.com"
    registered = await shop.post("/accounts", json=login(email))
    too_early = await shop.post("/accounts/sign-in", json=login(email))
    [code] = pool.codes(email)
    confirmed = await shop.post("/accounts/confirm", json={"email": email, "code": code})
    tokens = await signed_in(shop, email)
    me = await shop.get("/accounts/me", headers=bearer(tokens))

    assert (registered.status_code, too_early.status_code, confirmed.status_code) == (202, 401, 204)
    assert tokens["expires_in"] > 0
    assert me.json()["roles"] == []
    assert {answer.headers["cache-control"] for answer in (registered, confirmed, me)} == {"no-store"}


async def test_the_roles_of_a_token_are_the_groups_of_the_account(
    shop: httpx.AsyncClient, pool: Pool
) -> None:
    subject = pool.add("boss@example.com", "admin", "support")

    me = await shop.get("/accounts/me", headers=bearer(await signed_in(shop, "boss@example.com")))

    assert me.json() == {"subject": subject, "roles": ["admin", "support"]}


async def test_a_code_can_be_sent_again_and_a_wrong_one_is_told(shop: httpx.AsyncClient, pool: Pool) -> None:
    email = "again@example.com"
    await shop.post("/accounts", json=login(email))
    assert (await shop.post("/accounts/resend-code", json={"email": email})).status_code == 202
    first, second = pool.codes(email)

    wrong = f"{(int(second) + 1) % 1_000_000:06}"
    refused = await shop.post("/accounts/confirm", json={"email": email, "code": wrong})
    taken = await shop.post("/accounts/confirm", json={"email": email, "code": second})

    assert first
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == ["#/code"]
    assert taken.status_code == 204


def told(answer: httpx.Response) -> tuple[int, Any]:
    """What an answer tells, without the id of its request."""
    content = answer.json() if answer.content else None
    return answer.status_code, content and {key: content[key] for key in content if key != "request_id"}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/accounts", {"password": PHRASE}),
        ("/accounts", {"password": "short"}),
        ("/accounts/resend-code", {}),
        ("/accounts/confirm", {"code": "000000"}),
        ("/accounts/sign-in", {"password": "not their password"}),
    ],
)
async def test_no_answer_tells_whether_an_address_has_an_account(
    shop: httpx.AsyncClient, pool: Pool, path: str, body: dict[str, str]
) -> None:
    known, waiting, unknown = (f"{uuid.uuid4()}@example.com" for _ in range(3))
    pool.add(known)
    await shop.post("/accounts", json=login(waiting))

    answers = [await shop.post(path, json={"email": it, **body}) for it in (known, waiting, unknown)]

    assert told(answers[0]) == told(answers[1]) == told(answers[2])


def found(pool: Pool, email: str) -> list[dict[str, Any]]:
    users: list[dict[str, Any]] = pool.cognito.list_users(UserPoolId=pool.id, Filter=f'email = "{email}"')[
        "Users"
    ]
    return users


async def test_registering_again_changes_no_account(shop: httpx.AsyncClient, pool: Pool) -> None:
    pool.add("owner@example.com")

    again = await shop.post("/accounts", json=login("owner@example.com", "another long password"))

    assert again.status_code == 202
    assert len(found(pool, "owner@example.com")) == 1
    await signed_in(shop, "owner@example.com")
    other = await shop.post("/accounts/sign-in", json=login("owner@example.com", "another long password"))
    assert other.status_code == 401


@pytest.mark.parametrize("password", ["elevenchars", " " * 12, " leading space", "trailing space "])
async def test_a_password_that_the_pool_would_not_take_is_pointed_at(
    shop: httpx.AsyncClient, password: str
) -> None:
    answer = await shop.post("/accounts", json=login("new@example.com", password))

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["#/password"]
    assert password not in answer.text


async def test_a_session_is_renewed_until_it_is_ended(shop: httpx.AsyncClient, pool: Pool) -> None:
    subject = pool.add("session@example.com")
    tokens = await signed_in(shop, "session@example.com")
    session = {"refresh_token": tokens["refresh_token"]}

    renewed = await shop.post("/accounts/refresh", json=session)
    assert renewed.json()["refresh_token"] == tokens["refresh_token"]
    assert (await shop.get("/accounts/me", headers=bearer(renewed.json()))).json()["subject"] == subject

    assert (await shop.post("/accounts/sign-out", json=session)).status_code == 204
    assert (await shop.post("/accounts/refresh", json=session)).status_code == 401
    assert (await shop.post("/accounts/sign-out", json=session)).status_code == 204


async def test_signing_out_everywhere_ends_the_sessions_of_all_devices(
    shop: httpx.AsyncClient, pool: Pool
) -> None:
    pool.add("devices@example.com")
    one, two = [await signed_in(shop, "devices@example.com") for _ in range(2)]

    ended = await shop.post("/accounts/sign-out-everywhere", headers=bearer(one))

    assert ended.status_code == 204
    for tokens in (one, two):
        session = {"refresh_token": tokens["refresh_token"]}
        assert (await shop.post("/accounts/refresh", json=session)).status_code == 401


async def test_no_log_line_has_a_password_or_a_token(
    shop: httpx.AsyncClient, pool: Pool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "app")
    pool.add("secret@example.com")
    tokens = await signed_in(shop, "secret@example.com")
    await shop.get("/accounts/me", headers=bearer(tokens))
    await shop.post("/accounts/sign-in", json=login("secret@example.com", "a wrong password"))
    await shop.post("/accounts/sign-in", json={"email": "secret@example.com", "password": 17})
    await shop.post("/accounts/refresh", json={"refresh_token": tokens["refresh_token"]})

    lines = "\n".join(str(vars(record)) for record in caplog.records)
    assert "/accounts/sign-in" in lines
    for secret in (PHRASE, "a wrong password", tokens["access_token"], tokens["refresh_token"]):
        assert secret not in lines


async def test_while_cognito_cannot_be_reached_nobody_is_told_that_their_password_is_wrong(
    variables: dict[str, str], pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool.add("outage@example.com")
    application = create_app()
    async with resources(application, Settings.from_environment(variables), relay=False):
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        async with client_of(application) as shop:
            answer = await shop.post("/accounts/sign-in", json=login("outage@example.com"))

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
