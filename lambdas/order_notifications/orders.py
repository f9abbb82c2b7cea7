"""The order that a notification is about, as the database has it."""

from dataclasses import dataclass
from uuid import UUID

from lambdas.database import Shards

# One statement, so that the order and its lines are of one moment.
SELECT_ORDER = """
SELECT o.customer_email, o.currency, o.total_minor, l.product_name, l.quantity, l.unit_price_minor
FROM orders AS o
JOIN order_lines AS l ON l.order_id = o.id
WHERE o.id = :order_id
ORDER BY l.line_no
"""


class OrderNotFoundError(Exception):
    """The event names an order that the database does not have."""


@dataclass(frozen=True, kw_only=True)
class OrderLine:
    """A product of an order; the price of one piece is in the currency's minor unit (cents)."""

    product_name: str
    quantity: int
    unit_price_minor: int

    @property
    def total_minor(self) -> int:
        """The price of all pieces, in the minor unit."""
        return self.quantity * self.unit_price_minor


@dataclass(frozen=True, kw_only=True)
class Order:
    """An order with its lines; the total is in the minor unit of the currency, an ISO 4217 code."""

    id: UUID
    customer_email: str
    currency: str
    total_minor: int
    lines: tuple[OrderLine, ...]


def fetch_order(shards: Shards, order_id: UUID) -> Order:
    """Return the order with its lines in their order.

    Raises:
        OrderNotFoundError: there is none with this id.
    """
    with shards.transaction(order_id) as run:
        rows = run(SELECT_ORDER, order_id=order_id)
    if not rows:
        raise OrderNotFoundError(f"the database has no order {order_id}")
    customer_email, currency, total_minor = rows[0][:3]
    lines = (
        OrderLine(product_name=name, quantity=quantity, unit_price_minor=price)
        for *_, name, quantity, price in rows
    )
    return Order(
        id=order_id,
        customer_email=customer_email,
        currency=currency,
        total_minor=total_minor,
        lines=tuple(lines),
    )
