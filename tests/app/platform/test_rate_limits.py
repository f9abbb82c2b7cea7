"""How many changes an account and an address may make."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from uuid import uuid4

import httpx
import pytest

from app.main import create_app, resources
from app.platform.rate_limits import address
from app.platform.settings import Settings
from tests.app.cable import cable
from tests.app.shop import client_of
from tests.app.tokens import Issuer

LINE = {"product_id": 1, "quantity": 1}
Open = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
def opened(variables: dict[str, str]) -> Open:
    """Opens a shop with these variables beside."""

    @asynccontextmanager
    async def open_shop(**more: str) -> AsyncIterator[httpx.AsyncClient]:
        application = create_app()
        settings = Settings.from_environment(variables | more)
        async with resources(application, settings, relay=False), client_of(application) as shop:
            yield shop

    return open_shop


async def statuses(
    shop: httpx.AsyncClient, headers: dict[str, str], count: int, method: str = "POST"
) -> list[int]:
    body = LINE if method == "POST" else None
    path = "/cart/lines" if method == "POST" else "/cart"
    return [(await shop.request(method, path, json=body, headers=headers)).status_code for _ in range(count)]


async def test_an_account_that_makes_too_many_changes_is_told_when_to_come_back_and_others_go_on(
    opened: Open, issuer: Issuer
) -> None:
    me = issuer.bearer(uuid4())
    async with opened(ACCOUNT_LIMIT="3/hour") as shop, opened(ACCOUNT_LIMIT="3/hour") as another:
        assert await statuses(shop, me, 2) == [200, 200]
        assert await statuses(another, me, 2) == [200, 429]  # all instances count together
        refused = await shop.post("/cart/lines", json=LINE, headers=me)

        assert (refused.status_code, refused.json()["type"]) == (429, "/problems/too-many-requests")
        assert 0 < int(refused.headers["retry-after"]) <= 7_200
        assert "3 per 1 hour" in refused.json()["detail"]
        assert await statuses(shop, me, 2, "GET") == [200, 200]
        assert await statuses(shop, issuer.bearer(uuid4()), 1) == [200]


async def test_an_address_is_counted_whoever_says_to_make_the_request(opened: Open, issuer: Issuer) -> None:
    async with opened(ADDRESS_LIMIT="3/hour", PROXIES="2") as shop:

        def through(client: str, forged: str = "") -> dict[str, str]:
            return {"x-forwarded-for": f"{forged}{client}, 203.0.113.1"}

        for number in range(3):
            assert await statuses(
                shop, issuer.bearer() | through("198.51.100.7", f"10.0.0.{number}, "), 1
            ) == [200]
        assert await statuses(shop, issuer.bearer() | through("198.51.100.7", "10.0.0.9, "), 1) == [429]
        assert await statuses(shop, through("198.51.100.7"), 1) == [429]  # before anybody looks at tokens
        assert await statuses(shop, issuer.bearer() | through("198.51.100.8"), 1) == [200]


async def test_without_limits_nobody_is_counted(opened: Open, issuer: Issuer) -> None:
    me = issuer.bearer(uuid4())
    async with opened(ACCOUNT_LIMIT="none", ADDRESS_LIMIT="none") as shop:
        assert await statuses(shop, me, 5) == [200] * 5


async def test_while_redis_is_down_nobody_is_refused(
    opened: Open, variables: dict[str, str], issuer: Issuer, caplog: pytest.LogCaptureFixture
) -> None:
    me = issuer.bearer(uuid4())
    where = variables["CACHE_URL"].removeprefix("redis://").removesuffix("/0")
    async with cable(where) as line:
        url = f"redis://127.0.0.1:{line.port}/0"
        async with opened(CACHE_URL=url, ACCOUNT_LIMIT="1/hour") as shop:
            await line.cut()
            assert await statuses(shop, me, 3) == [200] * 3
            await line.join()
    assert "requests are not counted" in caplog.text


@pytest.mark.parametrize(
    ("forwarded", "proxies", "expected"),
    [
        ([], 0, "192.0.2.1"),
        ([b"198.51.100.7"], 0, "192.0.2.1"),
        ([b"198.51.100.7"], 1, "198.51.100.7"),
        ([b"10.0.0.1, 198.51.100.7"], 1, "198.51.100.7"),
        ([b"10.0.0.1, 198.51.100.7, 203.0.113.1"], 2, "198.51.100.7"),
        ([b"10.0.0.1", b"198.51.100.7, 203.0.113.1"], 2, "198.51.100.7"),
        ([b"203.0.113.1"], 2, "203.0.113.1"),
        ([], 2, "192.0.2.1"),
    ],
)
def test_the_address_is_what_the_outermost_of_the_own_proxies_saw(
    forwarded: list[bytes], proxies: int, expected: str
) -> None:
    scope = {"client": ("192.0.2.1", 4_711), "headers": [(b"x-forwarded-for", value) for value in forwarded]}

    assert address(scope, proxies) == expected
