"""Liveness and readiness."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from app.main import create_app, resources
from app.platform.settings import Settings
from scripts.local.runtime.servers import postgres
from tests.app.cable import cable
from tests.app.shop import client_of


@asynccontextmanager
async def shop_of(variables: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    """Run the shop in an environment."""
    application = create_app()
    async with (
        resources(application, Settings.from_environment(variables), relay=False),
        client_of(application) as shop,
    ):
        yield shop


async def test_liveness_touches_nothing() -> None:
    async with client_of(create_app()) as shop:  # nothing is opened, so touching anything would fail
        answer = await shop.get("/live")

    assert answer.json() == {"status": "alive"}
    assert answer.headers["cache-control"] == "no-store"


async def test_everything_that_answers_is_ready(variables: dict[str, str], replica: postgres.Running) -> None:
    async with shop_of(variables | {"DATABASE_READERS": f"{replica.host}:{replica.port}"}) as shop:
        answer = await shop.get("/ready")

    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ready",
        "checks": {"primary": True, "replica-1": True, "cache": True},
    }


@pytest.mark.parametrize(
    ("variable", "down"),
    [("DATABASE_WRITER", "primary"), ("DATABASE_READERS", "replica-1"), ("CACHE_URL", "cache")],
)
async def test_a_shop_without_one_of_its_parts_is_degraded_and_stays_in_service(
    variables: dict[str, str], replica: postgres.Running, variable: str, down: str
) -> None:
    dead = {
        "DATABASE_WRITER": "127.0.0.1:1",
        "DATABASE_READERS": "127.0.0.1:1",
        "CACHE_URL": "redis://127.0.0.1:1/0",
    }
    healthy = variables | {"DATABASE_READERS": f"{replica.host}:{replica.port}"}

    async with shop_of(healthy | {variable: dead[variable]}) as shop:
        answer = await shop.get("/ready")

    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    assert [name for name, answers in answer.json()["checks"].items() if not answers] == [down]


async def test_a_shop_that_was_told_to_end_takes_itself_out_and_stays_alive(
    variables: dict[str, str],
) -> None:
    application = create_app()
    async with (
        resources(application, Settings.from_environment(variables), relay=False),
        client_of(application) as shop,
    ):
        await application.state.drain.end()
        answer = await shop.get("/ready")
        still_alive = await shop.get("/live")

    assert answer.status_code == 503
    assert answer.json() == {"status": "ending", "checks": {"primary": True, "cache": True}}
    assert still_alive.status_code == 200


async def test_a_shop_that_no_database_answers_is_unavailable_until_one_does(
    variables: dict[str, str],
) -> None:
    async with (
        cable(variables["DATABASE_WRITER"]) as line,
        shop_of(variables | {"DATABASE_WRITER": f"127.0.0.1:{line.port}"}) as shop,
    ):
        assert (await shop.get("/ready")).status_code == 200
        await line.cut()
        lost = await shop.get("/ready")
        still_alive = await shop.get("/live")
        await line.join()
        found = await shop.get("/ready")

    assert lost.status_code == 503
    assert lost.json() == {"status": "unavailable", "checks": {"primary": False, "cache": True}}
    assert still_alive.status_code == 200
    assert found.json()["status"] == "ready"
