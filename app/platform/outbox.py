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


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened to one aggregate, such as an order.

    `data` follows the schema that `type` and `version` name. Events of one aggregate are published in the
    order in which their transactions took the aggregate's lock.
    """

    type: str
    aggregate_id: str
    data: Mapping[str, object]
    version: int = 1
    id: UUID = field(default_factory=uuid7)
    occurred_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def body(self) -> bytes:
        """Return the event as it is published."""
        return orjson.dumps(self)


async def append(session: WriteSession, event: Event) -> None:
    """Add the event to the session's transaction."""
    await session.execute(
        """
        INSERT INTO outbox (event_id, type, aggregate_id, payload, occurred_at)
        VALUES ($1, $2, $3, $4, $5)
        """,
        event.id,
        event.type,
        event.aggregate_id,
        event.body().decode(),
        event.occurred_at,
    )
