"""Events that happen if, and only if, the change that they tell of does.

An event is a row of the table `outbox`, written in the transaction of the change; the relay publishes it
afterwards.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import orjson

from app.platform.database import WriteSession
from app.platform.identifiers import uuid7
from app.platform.resharding import ShardedTable

TABLE = ShardedTable(name="outbox", key="event_id", order="id")  # events that bear a slot


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


async def append(session: WriteSession, event: Event) -> None:
    """Add the event to the session's transaction."""
    await session.execute(
        """
        INSERT INTO outbox (event_id, type, aggregate_id, payload, occurred_at, slot)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        event.id,
        event.type,
        event.aggregate_id,
        event.body().decode(),
        event.occurred_at,
        event.slot,
    )
