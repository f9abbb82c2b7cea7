"""Telling who makes a request by its access token."""

import asyncio
import base64
import hmac
import json
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import FastAPI

from app.platform import identity, problems
from app.platform.identity import Identity, Keys, SignedIn, Tokens
from tests.app.shop import client_of
from tests.app.tokens import KEY, Issuer, issuing

SUBJECT = uuid.UUID("3f2b6f0e-0c5d-4a6f-9b51-0d8f7a6b5c4d")


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    """An issuer of the test's own: it counts how often its keys are read."""
    with issuing() as found:
        yield found


@pytest.fixture
def tokens(issuer: Issuer) -> Tokens:
    """What the shop asks."""
    return Tokens(issuer.url, issuer.client_id, Keys(issuer.variables["IDENTITY_KEYS_URL"]))


@pytest.fixture
async def shop(tokens: Tokens) -> AsyncIterator[httpx.AsyncClient]:
    """An application with a route for everybody who is signed in, and one for two roles."""
    application = FastAPI()
    application.state.tokens = tokens
    problems.install(application)

    @application.get("/me")
    async def me(who: SignedIn) -> dict[str, Any]:
        return {"subject": who.subject, "roles": sorted(who.roles)}

    @application.get("/staff")
    async def staff(who: SignedIn) -> str:
        who.require("admin", "support")
        return str(who.subject)

    async with client_of(application) as http:
        yield http


async def test_a_token_tells_whose_it_is_and_their_roles(shop: httpx.AsyncClient, issuer: Issuer) -> None:
    customer = await shop.get("/me", headers=issuer.bearer(SUBJECT))
    admin = await shop.get("/me", headers=issuer.bearer(SUBJECT, "support", "admin"))

    assert customer.json() == {"subject": str(SUBJECT), "roles": []}
    assert admin.json() == {"subject": str(SUBJECT), "roles": ["admin", "support"]}


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YWRhOnB3", "bearer"])
async def test_a_request_without_a_token_is_asked_to_sign_in(shop: httpx.AsyncClient, header: str) -> None:
    answer = await shop.get("/me", headers={"authorization": header})

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == 'Bearer realm="shop"'
    assert answer.headers["cache-control"] == "no-store"


FOREIGN = "The access token is not of this shop."
OTHER_USE = "The token is no access token of this shop."
WRONG_CLAIMS: list[tuple[dict[str, Any], str]] = [
    ({"iss": "https://elsewhere.example/pool"}, FOREIGN),
    ({"client_id": "another"}, OTHER_USE),
    ({"token_use": "id"}, OTHER_USE),
    ({"exp": 1}, "The access token has expired."),
    ({"iat": 4_102_444_800}, FOREIGN),  # in 2100
    ({"sub": "ada"}, FOREIGN),
    *(({claim: None}, FOREIGN) for claim in ("iss", "exp", "iat", "sub")),
    *(({claim: None}, OTHER_USE) for claim in ("client_id", "token_use")),
]


@pytest.mark.parametrize(("claims", "told"), WRONG_CLAIMS, ids=str)
async def test_a_token_with_a_wrong_or_missing_claim_is_refused(
    shop: httpx.AsyncClient, issuer: Issuer, claims: dict[str, Any], told: str
) -> None:
    token = issuer.token(SUBJECT, **claims)
    answer = await shop.get("/me", headers={"authorization": f"Bearer {token}"})

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="shop", error="invalid_token"'
    assert answer.json()["detail"] == told


def unsigned() -> str:
    return jwt.encode({"sub": str(SUBJECT)}, None, "none", {"kid": "first"})  # type: ignore[arg-type]


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def signed_with_the_public_key(token: str) -> str:
    """The classic forgery: by a password, for which a careless check would take the public key."""
    public = KEY.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    header = encoded(json.dumps({"alg": "HS256", "typ": "JWT", "kid": "first"}).encode())
    content = f"{header}.{token.split('.')[1]}"
    return f"{content}.{encoded(hmac.digest(public, content.encode(), 'sha256'))}"


def promoted(token: str) -> str:
    """The token with a role that its signature does not cover."""
    header, _, signature = token.split(".")
    claims = jwt.decode(token, options={"verify_signature": False}) | {"cognito:groups": ["admin"]}
    return f"{header}.{encoded(json.dumps(claims).encode())}.{signature}"


async def test_a_forged_token_is_refused(shop: httpx.AsyncClient, issuer: Issuer) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    forged = [
        "a.b.c",
        "nonsense",
        unsigned(),
        signed_with_the_public_key(issuer.token(SUBJECT)),
        promoted(issuer.token(SUBJECT)),
        issuer.token(SUBJECT, key=stranger),
        issuer.token(SUBJECT, key=stranger, kid="unknown"),
    ]
    for token in forged:
        answer = await shop.get("/me", headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 401, token


async def test_who_lacks_the_role_is_told_which_it_takes(shop: httpx.AsyncClient, issuer: Issuer) -> None:
    assert (await shop.get("/staff")).status_code == 401
    assert (await shop.get("/staff", headers=issuer.bearer(SUBJECT, "support"))).json() == str(SUBJECT)

    answer = await shop.get("/staff", headers=issuer.bearer(SUBJECT, "courier"))

    assert answer.status_code == 403
    assert answer.headers["www-authenticate"] == 'Bearer realm="shop", error="insufficient_scope"'
    assert answer.json()["detail"] == "This takes the role admin or support."


async def test_the_description_says_which_routes_want_a_token(shop: httpx.AsyncClient) -> None:
    description = (await shop.get("/openapi.json")).json()

    assert description["paths"]["/me"]["get"]["security"] == [{"bearer": []}]
    scheme = description["components"]["securitySchemes"]["bearer"]
    assert (scheme["type"], scheme["scheme"], scheme["bearerFormat"]) == ("http", "bearer", "JWT")


async def test_the_keys_are_read_once_for_all(tokens: Tokens, issuer: Issuer) -> None:
    found = await asyncio.gather(*(tokens.identify(issuer.token(SUBJECT)) for _ in range(20)))

    assert found == [Identity(SUBJECT, frozenset())] * 20
    assert issuer.reads == 1


async def test_a_new_key_of_the_pool_is_found(
    tokens: Tokens, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "REST", 0.0)
    await tokens.identify(issuer.token(SUBJECT))
    issuer.keys["second"] = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    assert (await tokens.identify(issuer.token(SUBJECT, kid="second"))).subject == SUBJECT
    assert issuer.reads == 2


async def test_keys_that_nobody_knows_do_not_make_the_shop_read_again_and_again(
    shop: httpx.AsyncClient, issuer: Issuer
) -> None:
    for number in range(5):
        token = issuer.token(SUBJECT, key=KEY, kid=f"unknown-{number}")
        assert (await shop.get("/me", headers={"authorization": f"Bearer {token}"})).status_code == 401

    assert issuer.reads == 1


async def test_a_key_that_was_withdrawn_ends_with_the_lifetime(
    shop: httpx.AsyncClient, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "REST", 0.0)
    token = issuer.bearer(SUBJECT)
    assert (await shop.get("/me", headers=token)).status_code == 200
    issuer.keys = {"second": rsa.generate_private_key(public_exponent=65537, key_size=2048)}
    assert (await shop.get("/me", headers=token)).status_code == 200

    monkeypatch.setattr(identity, "LIFETIME", 0.0)

    assert (await shop.get("/me", headers=token)).status_code == 401


async def test_a_token_that_was_verified_ends_when_it_expires(
    shop: httpx.AsyncClient, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = issuer.bearer(SUBJECT)
    assert (await shop.get("/me", headers=token)).status_code == 200
    later = time.time() + 7 * 24 * 3600

    monkeypatch.setattr(time, "time", lambda: later)
    # PyJWT tells the time by datetime: what was verified is what refuses here, or nothing does.
    monkeypatch.setattr(jwt, "decode", expired)

    assert (await shop.get("/me", headers=token)).json()["detail"] == "The access token has expired."


def expired(*_arguments: object, **_options: object) -> None:
    raise jwt.ExpiredSignatureError


async def test_a_signature_is_verified_once_however_often_the_token_comes(
    shop: httpx.AsyncClient, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = issuer.bearer(SUBJECT, "admin")
    first = await shop.get("/me", headers=token)
    monkeypatch.setattr(jwt, "decode", expired)

    assert (await shop.get("/me", headers=token)).json() == first.json()
    assert (await shop.get("/me", headers=issuer.bearer(SUBJECT, "support"))).status_code == 401


async def test_no_more_tokens_are_remembered_than_allowed(
    tokens: Tokens, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "REMEMBERED", 2)
    first, *others = (issuer.token(SUBJECT, role) for role in ("admin", "courier", "support"))
    for token in (first, *others):
        await tokens.identify(token)
    monkeypatch.setattr(jwt, "decode", expired)

    for token in others:
        await tokens.identify(token)
    with pytest.raises(identity.UnauthorizedError):
        await tokens.identify(first)


async def test_while_the_keys_cannot_be_read_nobody_is_called_a_stranger(
    shop: httpx.AsyncClient, tokens: Tokens, issuer: Issuer
) -> None:
    issuer.fails = True
    answer = await shop.get("/me", headers=issuer.bearer(SUBJECT))

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"


async def test_keys_that_are_known_outlive_an_outage_of_the_pool(
    shop: httpx.AsyncClient, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "REST", 0.0)
    monkeypatch.setattr(identity, "LIFETIME", 0.0)
    assert (await shop.get("/me", headers=issuer.bearer(SUBJECT))).status_code == 200
    issuer.fails = True

    assert (await shop.get("/me", headers=issuer.bearer(SUBJECT))).status_code == 200
    assert issuer.reads == 2
    issuer.fails = False
    unknown = issuer.token(SUBJECT, key=KEY, kid="unknown")
    assert (await shop.get("/me", headers={"authorization": f"Bearer {unknown}"})).status_code == 401
