"""Counts days anew of which the ranking does not know everything, in one process of all that run it."""

import asyncio
import logging
from contextlib import AbstractAsyncContextManager
from datetime import date, timedelta
from functools import partial

from app.best_sellers import store
from app.best_sellers.ranking import Ranking, Sale, start_of
from app.best_sellers.service import days_of
from app.platform.database import Database
from app.platform.election import Election, Term, leading
from app.platform.identifiers import first_uuid7
from app.platform.shards import Shards

logger = logging.getLogger(__name__)

PERIOD = 15.0  # seconds between two looks at the days


class Recount:
    """Tells the ranking all sales of a day again. Those that are made meanwhile are told by their events."""

    def __init__(self, shards: Shards, ranking: Ranking, election: Election) -> None:
        self._shards = shards
        self._ranking = ranking
        self._election = election

    def running(self) -> AbstractAsyncContextManager[None]:
        """Run beside a block."""
        return leading(self._election, "best sellers", self._look, partial(asyncio.sleep, PERIOD))

    async def _look(self, term: Term) -> None:
        while True:
            await self.restore(term)
            await asyncio.sleep(PERIOD)

    async def restore(self, term: Term) -> None:
        """Count the days of the longest window that are not whole, today first.

        Raises:
            UnavailableError: Redis or a shard is down; a day that was begun stays unknown.
        """
        for day in reversed(days_of("week")):
            await term.confirm()
            if not await self._ranking.is_whole(day):
                await self._count(day)
                logger.info("counted what was sold", extra={"day": str(day)})

    async def _count(self, day: date) -> None:
        mark = await self._ranking.begin(day)
        for shard in self._shards.databases.values():
            await self._tell(day, shard)
        await self._ranking.finish(day, mark)

    async def _tell(self, day: date, shard: Database) -> None:
        after, before = (first_uuid7(start_of(each)) for each in (day, day + timedelta(days=1)))
        while True:
            rows = await shard.read(partial(store.sales, after=after, before=before), "strong")
            sales = [Sale.of(row["id"], zip(row["products"], row["pieces"], strict=True)) for row in rows]
            if sales:
                await self._ranking.tell(day, sales)
                after = sales[-1].order_id
            if len(rows) < store.PAGE:
                return
