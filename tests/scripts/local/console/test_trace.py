"""An order is followed through the database and the logs of who worked on it."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from scripts.local.console import trace
from scripts.local.console.model import Node
from scripts.local.console.probes.databases import Databases, UnreachableError
from scripts.local.console.server import create_app
from scripts.local.console.watch import Watch
from scripts.local.faults.book import Book
from scripts.local.runtime.aws_client import Aws

ORDER = "01a229a4-4443-7cf3-b3cc-07fdcd30bab3"
BEGUN = datetime(2026, 11, 29, 23, 29, 20, tzinfo=UTC)


class Answering:
    """Databases that have rows, and one that is away."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self._rows = rows

    async def rows(self, node: Node, place: str, sql: str, *values: object) -> list[dict[str, Any]]:
        if place == "away":
            raise UnreachableError
        return [row for row in self._rows if not values or row["aggregate_id"] == values[0]]


def answering(*rows: dict[str, Any]) -> Databases:
    return cast("Databases", Answering(list(rows)))


def placed(order: str, *, published: datetime | None) -> dict[str, Any]:
    return {"aggregate_id": order, "type": "order.placed", "occurred_at": BEGUN, "published_at": published}


@pytest.fixture
def primaries() -> dict[str, tuple[Node, str]]:
    return {name: (Node(id=name, title=name, role="primary"), name) for name in ("shop", "away")}


@pytest.fixture
def logs(tmp_path: Path) -> dict[str, Path]:
    """The logs of an instance that was asked for the order again and again, and of a function."""
    asked = [
        {
            "timestamp": (BEGUN + timedelta(seconds=number)).isoformat(),
            "message": "request",
            "method": "GET",
            "path": f"/orders/{ORDER}",
            "status": 200,
            "milliseconds": 3.0 + number,
        }
        for number in (1, 2, 3)
    ]
    worked = {"timestamp": "2026-11-29 23:29:25,500+0000", "message": "order confirmed", "order": ORDER}
    other = {**worked, "order": "another"}
    paths = {"app": tmp_path / "app.log", "mail": tmp_path / "mail.log"}
    paths["app"].write_text("".join(json.dumps(line) + "\n" for line in asked))
    half = json.dumps(worked)[20:]
    paths["mail"].write_text(f"{half}\nplain {ORDER}\n{json.dumps(other)}\n{json.dumps(worked)}\n")
    return paths | {"gone": tmp_path / "gone.log"}


async def test_the_steps_of_an_order_are_those_of_the_outbox_and_of_the_logs_in_their_order(
    primaries: dict[str, tuple[Node, str]], logs: dict[str, Path]
) -> None:
    databases = answering(
        placed(ORDER, published=BEGUN + timedelta(milliseconds=200)), placed("another", published=None)
    )
    steps = await trace.steps(ORDER, databases, primaries, logs)
    assert [(round(step.at - BEGUN.timestamp(), 1), step.place, step.times) for step in steps] == [
        (0.0, "shop", 1),
        (0.2, "relay", 1),
        (1.0, "app", 3),
        (5.5, "mail", 1),
    ]
    assert steps[0].node == "shop"
    assert steps[2].said == f"GET /orders/{ORDER}: answered 200 after 4.0 ms"


async def test_an_event_that_waits_was_not_published(primaries: dict[str, tuple[Node, str]]) -> None:
    steps = await trace.steps(ORDER, answering(placed(ORDER, published=None)), primaries, {})
    assert [step.place for step in steps] == ["shop"]


async def test_the_newest_order_of_all_shards_is_the_one_with_the_highest_id(
    primaries: dict[str, tuple[Node, str]],
) -> None:
    later = ORDER.replace("01a229a4", "01a229b0")
    rows = [placed(order, published=None) for order in (later, ORDER)]
    assert await trace.newest(answering(*rows), primaries) == later
    assert await trace.newest(answering(), primaries) is None


@pytest.fixture
async def page(aws: Aws, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    watch = Watch(aws, tmp_path)
    transport = httpx.ASGITransport(create_app(watch, Book(tmp_path)))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        yield client
    await watch.close()


async def test_who_follows_what_is_not_there_is_told_what_to_do(page: httpx.AsyncClient) -> None:
    none, unknown, wrong = [
        await page.get("/api/trace", params=params)
        for params in ({}, {"order": ORDER}, {"order": "the first"})
    ]
    assert (none.status_code, "Place one in the shop" in none.text) == (404, True)
    assert (unknown.status_code, ORDER in unknown.text) == (404, True)
    assert wrong.status_code == 422
