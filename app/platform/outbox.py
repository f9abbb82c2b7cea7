"""Events that happen if, and only if, the change that they tell of does.

An event is a row of the table `outbox`, written in the transaction of the change; the relay publishes it
afterwards.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import orjson

from app.platform.database import ReadSession, WriteSession
from app.platform.destinations import Outgoing
from app.platform.identifiers import uuid7
from app.platform.resharding import ShardedTable

TABLE = ShardedTable(name="outbox", key="event_id", order="id")  # events that bear a slot
LARGEST = 240_000  # bytes of an event: what a bus and a queue take, with something left for what they add


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened to one aggregate, such as an order.

    `slot` is that of an aggregate that is sharded: with it, the event moves to another shard. `data` follows
    the schema that `type` and `version` name. Events of one aggregate are published in the
    order in which their transactions took the aggregate's lock.
    """

    type: str
    aggregate_id: str
    data: Mapping[str, object]
    version: int = 1
    slot: int | None = None
    id: UUID = field(default_factory=uuid7)
    occurred_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def body(self) -> bytes:
        """Return the event as it is published."""
        said = {
            "type": self.type,
            "aggregate_id": self.aggregate_id,
            "data": self.data,
            "version": self.version,
            "id": self.id,
            "occurred_at": self.occurred_at,
        }
        return orjson.dumps(said)


class TooLargeError(ValueError):
    """An event that no bus would take. Have it carry less: an id, or where the rest lies."""


async def append(session: WriteSession, *events: Event) -> None:
    """Add events to the session's transaction, in their order.

    Raises:
        TooLargeError: one of them could never be published.
    """
    await session.execute(
        """
        INSERT INTO outbox (event_id, type, aggregate_id, payload, occurred_at, slot)
        SELECT event_id, type, aggregate_id, payload, occurred_at, slot
        FROM unnest($1::uuid[], $2::text[], $3::text[], $4::jsonb[], $5::timestamptz[], $6::smallint[])
            WITH ORDINALITY AS happened (event_id, type, aggregate_id, payload, occurred_at, slot, place)
        ORDER BY place
        """,
        [event.id for event in events],
        [event.type for event in events],
        [event.aggregate_id for event in events],
        [_payload(event) for event in events],
        [event.occurred_at for event in events],
        [event.slot for event in events],
    )


def _payload(event: Event) -> str:
    body = event.body()
    if len(body) > LARGEST:
        raise TooLargeError(f"{event.type} of {event.aggregate_id} has {len(body)} bytes, not {LARGEST}")
    return body.decode()


async def claim(
    session: WriteSession, limit: int, left_alone: Collection[str], types_left_alone: Collection[str]
) -> list[Outgoing]:
    """Lock the oldest events that wait, one of each aggregate, until the transaction ends, and return them.

    What another transaction has locked is passed over (SKIP LOCKED), and no later event of its aggregate is
    taken instead, because the earlier one still waits. So rounds that run at once, also those of a relay that
    was deposed and does not know it yet, never send the same event, and never overtake each other within an
    aggregate. Without it they would wait for each other, and then send the same.

    Args:
        session: at the primary.
        limit: events at most.
        left_alone: aggregates whose events are not wanted now.
        types_left_alone: types that are not; later events of their aggregates wait for them.
    """
    rows = await session.rows(
        """
        SELECT id, event_id::text, aggregate_id, type, payload::text
        FROM outbox WHERE published_at IS NULL AND NOT EXISTS (
            SELECT FROM outbox AS earlier
            WHERE earlier.aggregate_id = outbox.aggregate_id AND earlier.id < outbox.id
            AND earlier.published_at IS NULL
        ) AND NOT EXISTS (
            -- An event of a slot that moves leaves from the shard that owns the slot.
            SELECT FROM shard_slots WHERE shard_slots.slot = outbox.slot AND state <> 'owned'
        )
        AND aggregate_id <> ALL ($2::text[]) AND type <> ALL ($3::text[])
        ORDER BY id LIMIT $1
        FOR UPDATE OF outbox SKIP LOCKED
        """,
        limit,
        list(left_alone),
        list(types_left_alone),
    )
    return [Outgoing(*row) for row in rows]


async def mark(session: WriteSession, ids: Collection[int]) -> None:
    """Mark events as published."""
    await session.execute("UPDATE outbox SET published_at = now() WHERE id = ANY ($1::bigint[])", list(ids))


class Backlog(NamedTuple):
    """How many events wait, and for how many seconds the oldest of them; 0 where none does."""

    depth: int
    age: float


async def backlog(session: ReadSession) -> Backlog:
    """Return what waits to be published from this database; an event whose slot moves waits elsewhere."""
    [row] = await session.rows(
        """
        SELECT count(*), greatest(extract(epoch FROM now() - min(occurred_at)), 0)::float8
        FROM outbox WHERE published_at IS NULL AND NOT EXISTS (
            SELECT FROM shard_slots WHERE shard_slots.slot = outbox.slot AND state <> 'owned'
        )
        """
    )
    return Backlog(*row)
