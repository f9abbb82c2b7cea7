"""What the page is served, and to whom."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import httpx
import pytest

from scripts.local.console.logs import tail
from scripts.local.console.server import STATIC, create_app
from scripts.local.console.watch import Watch
from scripts.local.runtime.aws_client import Aws
from tests.scripts.local.runtime.deployed import deploy_database


@pytest.fixture
async def watch(aws: Aws, tmp_path: Path) -> AsyncIterator[Watch]:
    """A watch on a state folder in which nothing runs."""
    found = Watch(aws, tmp_path)
    yield found
    await found.close()


@pytest.fixture
async def page(watch: Watch) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(watch))
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
