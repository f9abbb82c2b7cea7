"""Talking in rooms: over sockets to two instances, as on a day with a deployment and a crash."""

import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest

from tests.app.server import Served, serving, wait_until_up
from tests.app.shop import ADA, Arrange
from tests.app.sockets import Client, Frame, connected, hello
from tests.app.tokens import Issuer
from tests.waiting import PATIENCE

ROOM = f"support-{ADA}"
PATH = f"/chat/rooms/{ROOM}"


@pytest.fixture
def two(variables: dict[str, str], arrange: Arrange, tmp_path: Path) -> Iterator[tuple[Served, Served]]:
    """Two instances."""
    folders = tmp_path / "one", tmp_path / "two"
    for folder in folders:
        folder.mkdir()
    with serving(variables, folders[0], wait=False) as one, serving(variables, folders[1]) as two:
        wait_until_up(one)
        yield one, two


def say(text: str, key: UUID | None = None) -> Frame:
    return {"type": "say", "text": text, "key": str(key or uuid4())}


async def heard(client: Client, text: str) -> Frame:
    """Return the next message in which somebody says this."""
    return await client.wait_for("message", lambda frame: frame["text"] == text)


async def test_people_on_two_instances_talk_and_miss_nothing_when_one_is_killed_and_the_other_drained(
    two: tuple[Served, Served], issuer: Issuer
) -> None:
    one, other = two
    support = issuer.token(None, "support")
    async with (
        connected(one.url, PATH, hello(issuer.token(ADA))) as ada,
        connected(other.url, PATH, hello(support)) as helper,
    ):
        welcome = await ada.receive()
        assert welcome["type"] == "welcome"
        assert welcome["you"] == {"id": str(ADA), "name": "Customer 0000", "role": "customer"}
        assert welcome["messages"] == []
        await ada.wait_for("present", lambda frame: len(frame["people"]) == 2)

        await ada.send(say("Where is it?"))
        asked = await heard(helper, "Where is it?")
        assert await heard(ada, "Where is it?") == asked
        assert asked["author"] == welcome["you"]

        one.kill()
        await helper.send(say("On its way."))
        answered = await heard(helper, "On its way.")

        async with connected(other.url, PATH, hello(issuer.token(ADA), asked["id"])) as again:
            missed = (await again.receive())["messages"]
            assert [message["text"] for message in missed][-1] == "On its way."
            assert missed[-1]["id"] == answered["id"]

            other.process.terminate()
            assert (await again.wait_for("closed"))["code"] == 1012
            assert (await helper.wait_for("closed"))["code"] == 1012
        other.process.wait(20)


@pytest.fixture
def one(variables: dict[str, str], arrange: Arrange, tmp_path: Path) -> Iterator[Served]:
    """An instance on which an account may say four things a minute."""
    with serving(variables | {"ACCOUNT_LIMIT": "4/minute"}, tmp_path) as served:
        yield served


async def test_what_is_refused_is_explained_and_what_is_repeated_is_said_once(
    one: Served, issuer: Issuer
) -> None:
    key, customer = uuid4(), uuid4()
    room = f"support-{customer}"
    path = f"/chat/rooms/{room}"
    async with connected(one.url, path, hello(issuer.token(customer))) as ada:
        await ada.send(say("Hello?", key))
        first = await heard(ada, "Hello?")
        await ada.send(say("Hello again?", key))
        assert await heard(ada, "Hello?") == first

        await ada.send(say("x" * 2_001))
        problem = await ada.wait_for("problem")
        assert (problem["title"], problem["retry_after"]) == ("The request is invalid", None)
        assert problem["detail"] == "String should have at most 2000 characters"
        await ada.send("no JSON")
        assert "JSON" in (await ada.wait_for("problem"))["detail"]
        await ada.send(say("Too fast?"))
        problem = await ada.wait_for("problem")
        assert problem["title"] == "Too many requests"
        assert 0 < problem["retry_after"] <= 60

        async with httpx.AsyncClient(base_url=one.url, timeout=PATIENCE) as shop:
            mine = issuer.bearer(customer)
            page = (await shop.get(f"{path}/messages", headers=mine)).json()
            assert [message["text"] for message in page["items"]] == ["Hello?"]
            rooms = await shop.get("/chat/rooms", headers=issuer.bearer(None, "support"))
            newest = rooms.json()["items"][0]
            assert (newest["room"], newest["newest"]["text"]) == (room, "Hello?")

        await ada.send("x" * 70_000)
        assert (await ada.wait_for("closed"))["code"] == 1009


async def test_who_may_not_enter_is_told_why(one: Served, issuer: Issuer) -> None:
    soon = int(time.time()) - 7  # of which ten seconds are forgiven
    cases = {
        4401: [hello("no token"), {"type": "say"}, hello(issuer.token(ADA, exp=soon - 60))],
        4403: [hello(issuer.token())],
        1008: [hello(issuer.token(ADA), "no id")],
    }
    for code, firsts in cases.items():
        for first in firsts:
            async with connected(one.url, PATH, first) as client:
                assert await client.receive() == {"type": "closed", "code": code}, first
    async with connected(one.url, PATH, hello(issuer.token(ADA, exp=soon))) as client:
        assert (await client.wait_for("closed"))["code"] == 4401, "the token has expired meanwhile"
    async with connected(one.url, PATH) as client:
        assert (await client.receive())["code"] == 4408


async def test_an_account_has_ten_sockets_at_most(one: Served, issuer: Issuer) -> None:
    first = hello(issuer.token(ADA))
    async with AsyncExitStack() as stack:
        for _ in range(10):
            client = await stack.enter_async_context(connected(one.url, PATH, first))
            assert (await client.receive())["type"] == "welcome"
        async with connected(one.url, PATH, first) as eleventh:
            assert (await eleventh.receive())["code"] == 4429
