"""The orders' SQL."""

from uuid import UUID

from app.orders.schemas import Order
from app.platform.database import ReadSession, WriteSession


async def insert(session: WriteSession, order: Order) -> None:
    """Add the order and its lines."""
    await session.execute(
        """
        INSERT INTO orders (id, customer_email, status, total_minor, currency, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        order.id,
        order.customer_email,
        order.status,
        order.total_minor,
        order.currency,
        order.created_at,
    )
    await session.execute_many(
        """
        INSERT INTO order_lines (order_id, line_no, product_id, product_name, quantity, unit_price_minor)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        [
            (order.id, line.line_no, line.product_id, line.product_name, line.quantity, line.unit_price_minor)
            for line in order.lines
        ],
    )


async def order(session: ReadSession, order_id: UUID) -> Order | None:
    """Return the order with its lines."""
    found = await session.row(
        "SELECT id, customer_email, status, total_minor, currency, created_at FROM orders WHERE id = $1",
        order_id,
    )
    if found is None:
        return None
    lines = await session.rows(
        """
        SELECT line_no, product_id, product_name, quantity, unit_price_minor
        FROM order_lines WHERE order_id = $1 ORDER BY line_no
        """,
        order_id,
    )
    return Order.model_validate({**found, "lines": [dict(line) for line in lines]})
