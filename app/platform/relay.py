"""Publishes the outbox: what transactions wrote there leaves the database, for the bus, queues and streams.

A round is one transaction: it locks the oldest events, one of each aggregate, sends them, and marks those
that each of their destinations took. So each event is published at least once: a relay that dies between a
yes and the commit leaves the events as they were, and the next one repeats them. And events of one aggregate
keep their order: the next of them is seen once the one before is marked.

The relay polls. The obvious alternative, NOTIFY at commit, makes PostgreSQL take a lock on the whole database
in every commit that notifies, and so puts all orders in one line; a look at an almost empty index some times
a second costs nothing in comparison.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

from app.platform import outbox
from app.platform.background import together
from app.platform.database import Database
from app.platform.destinations import Destination
from app.platform.dispatch import Dispatch
from app.platform.election import Election, Term, leading
from app.platform.retries import Backoff, pause_after

POLL = 0.25  # seconds between two looks at an empty outbox
PAGE = 500  # events of a round at most
LANES = 2  # rounds at once: one reads and marks while the other sends


class Relay:
    """Moves events from the outbox to their destinations, in one process of all that run it."""

    def __init__(self, database: Database, election: Election, destinations: Sequence[Destination]) -> None:
        self._database = database
        self._election = election
        self._dispatch = Dispatch(destinations)
        self._aggregates: Backoff[str] = Backoff()
        self._failures = 0  # terms that ended in one, since the last round that went well

    def running(self) -> AbstractAsyncContextManager[None]:
        """Run beside a block; what is not published when it ends stays in the outbox."""
        return leading(self._election, "outbox relay", self._lead, self._pause)

    async def _pause(self) -> None:
        self._failures += 1
        await asyncio.sleep(pause_after(self._failures))

    async def _lead(self, term: Term) -> None:
        async with self._database.transaction() as session:
            await term.guard(session)  # from here on, those who led before are refused
        await together(*(self._work(term) for _ in range(LANES)))

    async def _work(self, term: Term) -> None:
        while True:
            if not await self._round(term):
                await asyncio.sleep(POLL)

    async def _round(self, term: Term) -> int:
        """Publish the oldest events; return how many of them are out."""
        await term.confirm()
        resting = self._dispatch.resting
        if resting is None:
            return 0
        async with self._database.transaction() as session:
            events = await outbox.claim(session, PAGE, self._aggregates.waiting(), resting)
            sent = await self._dispatch.send(events, term.confirm)
            if sent.out:
                await term.guard(session)
                await outbox.mark(session, [event.id for event in sent.out])
        self._failures = 0
        self._dispatch.settle(sent.out)
        for event in sent.out:
            self._aggregates.succeeded(event.aggregate_id)
        for event in sent.refused:
            self._aggregates.failed(event.aggregate_id)
        return len(sent.out)
