"""Payments on the shard of their order: what is to be captured, and what is noted once it is.

The rules are those of the shop (`app/payments/service.py`), which settles what this function leaves behind.
Both lock the order before they change its payment, and look at the payment's status after that: so one of
them changes it.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self
from uuid import UUID, uuid4

from lambdas.database import Run, Shards
from lambdas.events import Event, MalformedEventError

TYPE = "payment.authorised"

FIND_PAYMENT = "SELECT status, charge FROM payments WHERE id = :payment_id AND order_id = :order_id"
LOCK_ORDER = "SELECT customer_id, status, total_minor, currency FROM orders WHERE id = :id FOR NO KEY UPDATE"
ORDER_STATUS = "SELECT status FROM orders WHERE id = :id"
ORDER_LINES = """
SELECT product_id, quantity, unit_price_minor FROM order_lines WHERE order_id = :id ORDER BY line_no
"""
NOTE_PAYMENT = "UPDATE payments SET status = :status, tried_at = '-infinity' WHERE id = :payment_id"
NOTE_ORDER = "UPDATE orders SET status = 'paid' WHERE id = :id"
TELL = """
INSERT INTO outbox (event_id, type, aggregate_id, payload, occurred_at, slot)
VALUES (:event_id, :type, :aggregate_id, CAST(:payload AS json), :occurred_at, slot_of_id(:order_id))
"""


class UnknownPaymentError(Exception):
    """The event names a payment that the order does not have."""


@dataclass(frozen=True, kw_only=True)
class Authorised:
    """The money for an order was set aside."""

    event_id: UUID
    payment_id: UUID
    order_id: UUID

    @classmethod
    def parse(cls, body: str) -> Self:
        """Read the body of a message.

        Raises:
            MalformedEventError: it is another event, or none; the message says why.
        """
        event = Event.parse(body, [TYPE])
        try:
            return cls(
                event_id=event.id,
                payment_id=UUID(event.data["payment_id"]),
                order_id=UUID(event.data["order_id"]),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise MalformedEventError(f"not a payment: {error!r}") from None


@dataclass(frozen=True)
class Found:
    """A payment as it stands: what the provider knows it by, and whether its order can still be paid."""

    status: str
    charge: str
    is_payable: bool


def find(shards: Shards, authorised: Authorised) -> Found:
    """Return the payment.

    Raises:
        UnknownPaymentError: there is none.
    """
    with shards.transaction(authorised.order_id) as run:
        rows = run(FIND_PAYMENT, payment_id=authorised.payment_id, order_id=authorised.order_id)
        order = run(ORDER_STATUS, id=authorised.order_id)
    if not rows or not order:
        raise UnknownPaymentError(f"order {authorised.order_id} has no payment {authorised.payment_id}")
    status, charge = rows[0]
    return Found(status, charge, is_payable=order[0][0] == "placed")


def note(shards: Shards, authorised: Authorised, *, is_taken: bool) -> str:
    """Write down, in one transaction, that the provider has the money: the payment, the order, and its event.

    If the order cannot be paid any more, the money is to go back: the shop sees to it. Returns the payment's
    status; repeated, nothing changes.
    """
    payment_id, order_id = authorised.payment_id, authorised.order_id
    with shards.transaction(order_id) as run:
        [[customer_id, order_status, total_minor, currency]] = run(LOCK_ORDER, id=order_id)
        [[status, _]] = run(FIND_PAYMENT, payment_id=payment_id, order_id=order_id)
        if status != "authorised":
            return str(status)
        if not (is_taken and order_status == "placed"):
            run(NOTE_PAYMENT, payment_id=payment_id, status="refunding")
            return "refunding"
        run(NOTE_PAYMENT, payment_id=payment_id, status="captured")
        run(NOTE_ORDER, id=order_id)
        order = {"customer_id": str(customer_id), "total_minor": total_minor, "currency": currency}
        _tell(run, order_id, order)
        return "captured"


def _tell(run: Run, order_id: UUID, order: dict[str, Any]) -> None:
    """Append `order.paid` to the outbox, as `app/events/orders.py` describes it."""
    names = ("product_id", "quantity", "unit_price_minor")
    lines = [dict(zip(names, row, strict=True)) for row in run(ORDER_LINES, id=order_id)]
    event_id, occurred_at = uuid4(), datetime.now(UTC)
    event = {
        "type": "order.paid",
        "aggregate_id": str(order_id),
        "data": {"order_id": str(order_id), **order, "lines": lines},
        "version": 1,
        "id": str(event_id),
        "occurred_at": occurred_at.isoformat(),
    }
    run(
        TELL,
        event_id=event_id,
        type=event["type"],
        aggregate_id=event["aggregate_id"],
        payload=json.dumps(event),
        occurred_at=occurred_at,
        order_id=order_id,
    )
