"""Talking in rooms: over sockets to two instances, as on a day with a deployment and a crash."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from tests.app.server import Served, serving, wait_until_up
from tests.app.shop import ADA, Arrange
from tests.app.sockets import Client, Frame, connected, hello
from tests.app.tokens import Issuer

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
