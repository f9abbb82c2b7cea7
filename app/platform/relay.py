"""Publishes the outbox: what a transaction wrote there leaves the database here, for the bus.

Each event is published at least once: a relay that dies between the publisher's yes and the mark in the table
repeats what the yes was for. Events of one aggregate keep their order: none is sent before an earlier one was
accepted.

The relay polls. The obvious alternative, NOTIFY at commit, makes PostgreSQL take a lock on the whole database
in every commit that notifies, and so puts all orders in one line; a look at an almost empty index four times
a second costs nothing in comparison.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from app.platform.aws import Aws
from app.platform.database import Database, ReadSession, WriteSession
from app.platform.election import Election, Term, leading
from app.platform.problems import UnavailableError

logger = logging.getLogger(__name__)

POLL = 0.25  # seconds between two looks at an empty outbox: half of it is what an event waits on average
PAGE = 500  # events read at once
# Limits of PutEvents (Amazon EventBridge API Reference), which counts the names of source and type as well: a
# KiB is left for them. Of the bytes the smaller limit is kept: 256 KiB until August 2025, 1 MiB since.
BATCH_ENTRIES = 10
BATCH_BYTES = 255 * 1024
SOURCE = "shop"  # whose events these are, on a bus
FIRST_PAUSE = 0.5  # seconds after a failure; doubled by every further one
LONGEST_PAUSE = 5.0


class Outgoing(NamedTuple):
    """An event on its way out; `id` is its place in the outbox."""

    id: int
    aggregate_id: str
    type: str
    payload: str


# Takes a batch within the limits above and returns the ids of the events that were accepted for good.
Publish = Callable[[Sequence[Outgoing]], Awaitable[set[int]]]


class Relay:
    """Moves events from the outbox to the publisher, in one process of all that run it."""

    def __init__(self, database: Database, election: Election, publish: Publish) -> None:
        self._database = database
        self._election = election
        self._publish = publish
        self._failures = 0  # since the last time that all went well

    def running(self) -> AbstractAsyncContextManager[None]:
        """Run beside a block; what is not published when it ends stays in the outbox."""
        return leading(self._election, "outbox relay", self._lead, self._pause)

    async def _lead(self, term: Term) -> None:
        while True:
            all_accepted, count = await self._publish_page(term)
            if not all_accepted:
                await self._pause()
                continue
            self._failures = 0
            if count < PAGE:
                await asyncio.sleep(POLL)

    async def _pause(self) -> None:
        self._failures += 1
        await asyncio.sleep(pause_after(self._failures))

    async def _publish_page(self, term: Term) -> tuple[bool, int]:
        """Publish the oldest events; return whether all of them were accepted, and how many there were."""
        await term.confirm()
        events = await self._database.read(unpublished, "strong")
        held_back: set[str] = set()  # aggregates whose later events wait for one that was not accepted
        for batch in packed(events):
            sendable = [event for event in batch if event.aggregate_id not in held_back]
            if not sendable:
                continue
            await term.confirm()
            accepted = await self._publish(sendable)
            held_back |= {event.aggregate_id for event in sendable if event.id not in accepted}
            if accepted:
                async with self._database.transaction() as session:
                    await mark(session, accepted)
        return not held_back, len(events)


def packed(events: Sequence[Outgoing]) -> Iterator[list[Outgoing]]:
    """Cut the events into batches, in order, within the limits and with one event an aggregate."""
    batch: list[Outgoing] = []
    size = 0
    for event in events:
        length = len(event.payload.encode())
        is_full = len(batch) == BATCH_ENTRIES or size + length > BATCH_BYTES
        if batch and (is_full or any(event.aggregate_id == other.aggregate_id for other in batch)):
            yield batch
            batch, size = [], 0
        batch.append(event)
        size += length
    if batch:
        yield batch


def pause_after(failures: int) -> float:
    """Return the seconds to wait after so many failures in a row: exponential, with full jitter."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(failures - 1, 16))
    return random.uniform(0, longest)  # noqa: S311 - spreads load, guards nothing


def to_bus(aws: Aws, bus: str) -> Publish:
    """Return a publisher that puts events on an EventBridge bus: the payload is the event's detail."""

    async def publish(events: Sequence[Outgoing]) -> set[int]:
        try:
            answer = await aws.call("events", "put_events", Entries=[_entry(event, bus) for event in events])
        except (UnavailableError, ClientError, BotoCoreError) as error:
            logger.warning("the bus accepts no events", extra={"bus": bus, "error": str(error)})
            return set()
        accepted = set()
        for event, entry in zip(events, answer["Entries"], strict=True):  # it answers in their order
            if "EventId" in entry:
                accepted.add(event.id)
            else:
                logger.warning("the bus refused an event", extra={"bus": bus, "refusal": entry})
        return accepted

    return publish


def _entry(event: Outgoing, bus: str) -> dict[str, str]:
    return {"EventBusName": bus, "Source": SOURCE, "DetailType": event.type, "Detail": event.payload}


async def unpublished(session: ReadSession) -> list[Outgoing]:
    """Return the oldest events that wait, a page of them at most."""
    rows = await session.rows(
        """
        SELECT id, aggregate_id, type, payload::text
        FROM outbox WHERE published_at IS NULL AND NOT EXISTS (
            -- An event of a slot that moves leaves from the shard that owns the slot.
            SELECT FROM shard_slots WHERE shard_slots.slot = outbox.slot AND state <> 'owned'
        )
        ORDER BY id LIMIT $1
        """,
        PAGE,
    )
    return [Outgoing(*row) for row in rows]


async def mark(session: WriteSession, ids: set[int]) -> None:
    """Mark events as published."""
    await session.execute("UPDATE outbox SET published_at = now() WHERE id = ANY($1::bigint[])", list(ids))
