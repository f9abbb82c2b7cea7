"""Transactions of many requests as one: a commit's price, and that of each statement, is paid once for all.

Rows that many want, such as the stock of what everybody buys, make a queue of transactions: each waits for
the one before to be on the disk. Together they lock such a row once, and wait once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic

from app.platform.batches import Answer, Batches, Item
from app.platform.database import WriteSession
from app.platform.postgres import RowsLockedError
from app.platform.problems import UnavailableError

LARGEST = 100  # requests of one transaction

Answers = Sequence[Answer | Exception]
# Runs a function in a transaction, and returns what it returns once that is committed.
Transact = Callable[[Callable[[WriteSession], Awaitable[Answers[Answer]]]], Awaitable[Answers[Answer]]]


class GroupCommit(Generic[Item, Answer]):
    """Does work in transactions, each for all that was asked for while the one before was under way.

    `work` answers an item that it refuses by an exception, and has changed nothing for it. What it raises
    ends the transaction: then each item has one of its own, so that no request fails for another's sake.
    """

    def __init__(
        self,
        transact: Transact[Answer],
        work: Callable[[WriteSession, Sequence[Item]], Awaitable[Answers[Answer]]],
    ) -> None:
        self._transact = transact
        self._work = work
        self._batches = Batches(self._together, LARGEST)

    async def ask(self, item: Item) -> Answer:
        """Return the answer for the item once its transaction is committed, or raise what refused it.

        Raises:
            UnavailableError: the database is down or busy.
        """
        return await self._batches.ask(item)

    async def _together(self, items: Sequence[Item]) -> Answers[Answer]:
        try:
            return await self._transact(lambda session: self._work(session, items))
        except Exception as error:
            if len(items) == 1 or _concerns_all(error):
                raise
        return await asyncio.gather(*(self._alone(item) for item in items))

    async def _alone(self, item: Item) -> Answer | Exception:
        try:
            [said] = await self._transact(lambda session: self._work(session, [item]))
        except Exception as error:  # noqa: BLE001 - it is raised where the item was asked for
            return error
        return said


def _concerns_all(error: Exception) -> bool:
    """Tell whether a transaction of one item would fail as that of all did: the server is gone, or full."""
    return isinstance(error, UnavailableError) and not isinstance(error, RowsLockedError)
