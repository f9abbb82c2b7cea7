"""Work that costs less together: what is asked for while a batch is under way goes out in the next one.

Nobody waits for a batch to fill. Where little is asked for, each goes out alone and at once; the more is
asked for, the larger the batches are, and the less each costs.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context, copy_context
from typing import Generic, NamedTuple, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")

# Answers each item in its place; one that is an exception is raised where its item was asked for.
Work = Callable[[Sequence[Item]], Awaitable[Sequence[Answer | Exception]]]


class _Asked(NamedTuple, Generic[Item, Answer]):
    item: Item
    answer: asyncio.Future[Answer]
    context: Context


class Batches(Generic[Item, Answer]):
    """Does the work for at most `largest` items at once, one batch after the other.

    Each is done in the context of who asked first, so that logs and traces show it with that request.
    """

    def __init__(self, work: Work[Item, Answer], largest: int) -> None:
        self._work = work
        self._largest = largest
        self._waiting: list[_Asked[Item, Answer]] = []
        self._sender: asyncio.Task[None] | None = None

    async def ask(self, item: Item) -> Answer:
        """Return what the work answers for the item; raises what it raised for the item, or for its batch."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Asked(item, answer, copy_context()))
        if self._sender is None:
            self._send_on()
        return await answer

    def _send_on(self) -> None:
        self._sender = asyncio.create_task(self._send(), context=self._waiting[0].context)

    async def _send(self) -> None:
        batch = self._waiting[: self._largest]
        del self._waiting[: self._largest]
        await self._answer(batch)
        self._sender = None
        if self._waiting:
            self._send_on()

    async def _answer(self, batch: Sequence[_Asked[Item, Answer]]) -> None:
        found: Sequence[Answer | BaseException]
        try:
            found = await self._work([asked.item for asked in batch])
        except BaseException as error:  # noqa: BLE001 - it is raised where the items were asked for
            found = [error] * len(batch)
        for asked, said in zip(batch, found, strict=True):
            if asked.answer.done():  # who asked is gone
                continue
            if isinstance(said, BaseException):
                asked.answer.set_exception(said)
            else:
                asked.answer.set_result(said)
