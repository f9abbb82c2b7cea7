"""What the page is served, and to whom."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from scripts.local.console import faults
from scripts.local.console.logs import tail
from scripts.local.console.model import Node
from scripts.local.console.server import STATIC, create_app
from scripts.local.console.watch import Watch
from scripts.local.faults.book import Book
from scripts.local.runtime.aws_client import Aws
from tests.scripts.local.runtime.deployed import deploy_database
from tests.waiting import until


@pytest.fixture
async def watch(aws: Aws, tmp_path: Path) -> AsyncIterator[Watch]:
    """A watch on a state folder in which nothing runs."""
    found = Watch(aws, tmp_path)
    yield found
    await found.close()


@pytest.fixture
async def page(watch: Watch, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(watch, Book(tmp_path)))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        yield client


async def test_the_page_and_all_that_it_needs_come_from_here(page: httpx.AsyncClient) -> None:
    index = await page.get("/")

    assert index.status_code == 200
    assert "default-src 'self'" in index.headers["content-security-policy"]
    for file in STATIC.iterdir():
        links = set(re.findall(r"https?://[\w.]+", file.read_text()))
        assert links <= {"http://www.w3.org"}, f"{file.name} leads elsewhere"
        if file.name != "index.html":
            assert (await page.get(f"/static/{file.name}")).status_code == 200


@pytest.mark.parametrize("host", ["console.example.com", "10.0.0.1:8000", "localhost.example.com"])
async def test_who_comes_by_another_name_is_refused(page: httpx.AsyncClient, host: str) -> None:
    """So no page elsewhere can read it by a name of its own that it makes lead here."""
    assert (await page.get("/api/state", headers={"host": host})).status_code == 403
    assert (await page.get("/api/state", headers={"host": "localhost:8000"})).status_code == 200


async def test_a_page_elsewhere_cannot_break_anything(page: httpx.AsyncClient, tmp_path: Path) -> None:
    wanted = {"kind": "kill", "target": "*", "seconds": 0}

    answer = await page.post("/api/faults", json=wanted, headers={"sec-fetch-site": "cross-site"})

    assert answer.status_code == 403
    assert Book(tmp_path).faults() == []


@pytest.mark.parametrize(
    "change", [{"kind": "explode"}, {"target": ""}, {"seconds": -1}, {"seconds": 1e9}, {"seconds": "soon"}]
)
async def test_a_fault_that_there_is_not_is_refused(
    page: httpx.AsyncClient, tmp_path: Path, change: dict[str, Any]
) -> None:
    wanted = {"kind": "freeze", "target": "shop", "seconds": 30} | change

    assert (await page.post("/api/faults", json=wanted)).status_code == 422
    assert Book(tmp_path).faults() == []


async def test_who_asks_for_a_fault_that_cannot_be_is_told_why(
    page: httpx.AsyncClient, tmp_path: Path
) -> None:
    asked = asyncio.create_task(
        page.post("/api/faults", json={"kind": "kill", "target": "nobody", "seconds": 0})
    )
    book = Book(tmp_path)
    await until(book.faults)
    book.write(replace(book.faults()[0], problem="There is no nobody."))

    answer = await asked

    assert (answer.status_code, answer.json()["detail"]) == (409, "There is no nobody.")
    assert (await page.delete("/api/faults")).json() == {"ended": 0}


async def test_who_follows_is_told_at_once_and_then_at_each_look(aws: Aws, watch: Watch) -> None:
    deploy_database(aws, "it-shop")
    await watch.look()
    async with aclosing(watch.follow()) as news:
        told = await anext(news)
        assert [group["title"] for group in told["groups"]] == ["Clients", "it-shop"]
        assert told["groups"][1]["nodes"][0]["state"] == "absent"
        assert not told["healthy"]
        json.dumps(told)


async def test_an_aws_that_does_not_answer_is_said_and_what_was_known_stays(aws: Aws, tmp_path: Path) -> None:
    watch = Watch(Aws("http://127.0.0.1:1", aws.region), tmp_path)
    await watch.look()

    assert watch.latest["problem"].startswith("The local AWS does not answer")
    await watch.close()


async def test_a_node_is_told_with_its_configuration_and_one_that_is_gone_is_404(
    aws: Aws, watch: Watch, page: httpx.AsyncClient
) -> None:
    deploy_database(aws, "it-other")
    await watch.look()
    arn = "arn:aws:rds:us-east-1:123456789012:db:it-other"

    told = (await page.get("/api/node", params={"id": arn})).json()
    gone = await page.get("/api/node", params={"id": "i-gone"})

    assert told["described"]["DBInstanceIdentifier"] == "it-other"
    assert told["commands"] == [".venv/bin/blueprint db lag"]
    assert (gone.status_code, gone.json()["detail"]) == (404, "There is no i-gone (any more).")


def test_of_a_log_the_last_lines_are_shown(tmp_path: Path) -> None:
    log = tmp_path / "shop.log"
    log.write_text("".join(f"line {number}\n" for number in range(10_000)))

    assert tail(log, 2) == ["line 9998", "line 9999"]
    assert tail(tmp_path / "none.log", 2) == []


def test_each_kind_of_node_has_its_own_faults() -> None:
    replica = Node(id="arn:aws:rds:us-east-1:1:db:r", title="r", role="replica")
    primary = Node(id="arn:aws:rds:us-east-1:1:db:p", title="p", role="primary")
    table = Node(id="table-carts", title="carts")
    fed = Node(id="arn:aws:lambda:us-east-1:1:function:mail", title="mail", described={"Mappings": [{}]})
    process = {"name": "database-r", "pid": 7, "role": "replica"}
    keeps = {"name": "database-p", "pid": 6, "role": "database"}
    works = {"name": "function-mail-0", "pid": 8, "role": "function"}

    assert [(one["kind"], one["target"]) for one in faults.of(replica, [process])] == [
        ("kill", "database-r"),
        ("freeze", "database-r"),
        ("delay", "database-r"),
        ("lag", "database-r"),
    ]
    assert [(one["kind"], one["target"]) for one in faults.of(primary, [keeps])] == [
        ("kill", "database-p"),
        ("freeze", "database-p"),
        ("delay", "database-p"),
        ("fill", "database-p"),
    ]
    assert [(one["kind"], one["target"]) for one in faults.of(table, [])] == [("refuse", "dynamodb")]
    assert [(one["kind"], one["target"]) for one in faults.of(fed, [])] == [("pause", "mail")]
    assert [(one["kind"], one["target"]) for one in faults.of(fed, [works])] == [
        ("kill", "function-mail-0"),
        ("freeze", "function-mail-0"),
        ("expire", "function-mail-0"),
        ("pause", "mail"),
        ("fail", "mail"),
        ("hang", "mail"),
        ("slow", "mail"),
    ]
    assert faults.of(Node(id="clients", title="Browsers"), []) == []
