"""The ledger of stock movements: what orders took out of the stock, and what of it came back."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from lambdas.database import Database
from lambdas.events import Event, MalformedEventError

Kind = Literal["sold", "returned"]
KINDS: Mapping[str, Kind] = {"order.placed": "sold", "order.cancelled": "returned"}
"""What each event that is understood means for the stock."""

LARGEST_PRODUCT_ID = 2**63 - 1
LARGEST_QUANTITY = 2**31 - 1

# One statement, so that the movements of an event are booked as a whole or not at all. The key is the event
# and the product: an event that is delivered again finds its movements there and books none.
BOOK_MOVEMENTS = """
INSERT INTO stock_movements (event_id, product_id, order_id, quantity, kind, occurred_at)
SELECT CAST(:event_id AS uuid), product_id, CAST(:order_id AS uuid), quantity, :kind,
    CAST(:occurred_at AS timestamptz)
FROM json_to_recordset(CAST(:moved AS json)) AS moved (product_id bigint, quantity bigint)
ON CONFLICT (event_id, product_id) DO NOTHING
RETURNING product_id
"""


@dataclass(frozen=True, kw_only=True)
class Movements:
    """What an event moves, by product: pieces that leave the stock are negative."""

    event_id: UUID
    order_id: UUID
    kind: Kind
    occurred_at: datetime
    quantities: Mapping[int, int]

    @classmethod
    def parse(cls, body: str) -> Self:
        """Read an event's movements from the body of its message: it carries the lines of its order.

        Raises:
            MalformedEventError: it is no such event; the message says why.
        """
        event = Event.parse(body, KINDS)
        kind = KINDS[event.type]
        sign = -1 if kind == "sold" else 1
        try:
            order_id = UUID(event.data["order_id"])
            quantities = {product: sign * pieces for product, pieces in _quantities(event.data["lines"])}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise MalformedEventError(f"not an order with its lines: {error!r}") from None
        return cls(
            event_id=event.id,
            order_id=order_id,
            kind=kind,
            occurred_at=event.occurred_at,
            quantities=quantities,
        )


def _quantities(lines: Sequence[Mapping[str, Any]]) -> list[tuple[int, int]]:
    """Return products with their pieces, each product once and in the order of the ids."""
    pieces: Counter[int] = Counter()
    for line in lines:
        product = _whole(line["product_id"], "product_id", LARGEST_PRODUCT_ID)
        pieces[product] += _whole(line["quantity"], "quantity", LARGEST_QUANTITY)
    if not pieces:
        raise ValueError("it has no lines")
    return sorted(pieces.items())


def _whole(value: object, name: str, largest: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= largest:
        raise ValueError(f"{name} {value!r} is not a whole number from 1 to {largest}")
    return value


def book(database: Database, movements: Movements) -> int:
    """Book the movements of an event, once; return how many were new."""
    moved = [{"product_id": one, "quantity": pieces} for one, pieces in movements.quantities.items()]
    rows = database.run(
        BOOK_MOVEMENTS,
        event_id=str(movements.event_id),
        order_id=str(movements.order_id),
        kind=movements.kind,
        occurred_at=movements.occurred_at.isoformat(),
        moved=json.dumps(moved),
    )
    return len(rows)
