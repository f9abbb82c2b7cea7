"""What is asked for together, and what each of those who ask is told."""

import asyncio
from collections.abc import Sequence
from contextvars import ContextVar

import pytest

from app.platform.batches import Batches

TABLE = ContextVar("TABLE", default="")


class Kitchen:
    """Work that notes its batches, and can be held up."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.open = asyncio.Event()
        self.open.set()

    async def cook(self, dishes: Sequence[str]) -> list[str | Exception]:
        self.batches.append(list(dishes))
        await self.open.wait()
        if "fire" in dishes:
            raise OSError("fire")
        return [LookupError(dish) if dish == "unknown" else dish.upper() for dish in dishes]


async def asked(batches: Batches[str, str], *dishes: str) -> list[asyncio.Task[str]]:
    """Have dishes been asked for, one after the other."""
    tasks = [asyncio.create_task(batches.ask(dish)) for dish in dishes]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return tasks


async def test_what_comes_alone_goes_out_alone_and_at_once() -> None:
    kitchen = Kitchen()
    batches = Batches(kitchen.cook, 10)

    assert [await batches.ask("soup"), await batches.ask("stew")] == ["SOUP", "STEW"]
    assert kitchen.batches == [["soup"], ["stew"]]


async def test_what_is_asked_for_meanwhile_goes_out_together_in_its_order_and_in_parts_of_the_largest() -> (
    None
):
    kitchen = Kitchen()
    kitchen.open.clear()
    batches = Batches(kitchen.cook, 2)

    first = await asked(batches, "soup")
    others = await asked(batches, "stew", "pie", "tea")
    kitchen.open.set()

    assert await asyncio.gather(*first, *others) == ["SOUP", "STEW", "PIE", "TEA"]
    assert kitchen.batches == [["soup"], ["stew", "pie"], ["tea"]]


async def test_an_item_that_is_refused_fails_alone() -> None:
    batches = Batches(Kitchen().cook, 10)

    soup, unknown, pie = await asked(batches, "soup", "unknown", "pie")

    assert (await soup, await pie) == ("SOUP", "PIE")
    with pytest.raises(LookupError, match="unknown"):
        await unknown


async def test_a_batch_that_fails_fails_for_all_that_are_in_it_and_for_nobody_afterwards() -> None:
    batches = Batches(Kitchen().cook, 10)

    said = await asyncio.gather(*await asked(batches, "soup", "fire"), return_exceptions=True)

    assert [str(error) for error in said] == ["fire", "fire"]
    assert await batches.ask("pie") == "PIE"


async def test_who_gives_up_disturbs_nobody() -> None:
    kitchen = Kitchen()
    kitchen.open.clear()
    batches = Batches(kitchen.cook, 10)

    soup, pie = await asked(batches, "soup", "pie")
    soup.cancel()
    kitchen.open.set()

    assert await pie == "PIE"
    assert kitchen.batches == [["soup", "pie"]]


async def test_each_batch_is_done_in_the_context_of_who_asked_first() -> None:
    seen = []

    async def look(tables: Sequence[str]) -> list[None]:
        seen.append((list(tables), TABLE.get()))
        await asyncio.sleep(0)
        return [None] * len(tables)

    batches: Batches[str, None] = Batches(look, 10)

    async def ask(table: str) -> None:
        TABLE.set(table)
        await batches.ask(table)

    async with asyncio.TaskGroup() as guests:
        for table in ("window", "door", "bar"):
            guests.create_task(ask(table))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        guests.create_task(ask("garden"))

    assert seen == [(["window", "door", "bar"], "window"), (["garden"], "garden")]
