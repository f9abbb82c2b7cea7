"""The orders' SQL."""

from uuid import UUID

from app.orders.schemas import Order, OrderSummary
from app.orders.states import State
from app.platform.database import ReadSession, WriteSession


async def insert(session: WriteSession, *orders: Order) -> None:
    """Add orders and their lines."""
    await session.execute(
        """
        INSERT INTO orders (id, customer_id, customer_email, status, total_minor, currency, created_at)
        SELECT * FROM unnest(
            $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::timestamptz[]
        )
        """,
        [order.id for order in orders],
        [order.customer_id for order in orders],
        [order.customer_email for order in orders],
        [order.status for order in orders],
        [order.total_minor for order in orders],
        [order.currency for order in orders],
        [order.created_at for order in orders],
    )
    lines = [(order.id, line) for order in orders for line in order.lines]
    await session.execute(
        """
        INSERT INTO order_lines (order_id, line_no, product_id, product_name, quantity, unit_price_minor)
        SELECT * FROM unnest(
            $1::uuid[], $2::integer[], $3::bigint[], $4::text[], $5::integer[], $6::bigint[]
        )
        """,
        [order_id for order_id, _ in lines],
        [line.line_no for _, line in lines],
        [line.product_id for _, line in lines],
        [line.product_name for _, line in lines],
        [line.quantity for _, line in lines],
        [line.unit_price_minor for _, line in lines],
    )


async def order(session: ReadSession, order_id: UUID) -> Order | None:
    """Return the order with its lines."""
    found = await session.row(
        """
        SELECT id, customer_id, customer_email, courier_id, status, total_minor, currency, created_at
        FROM orders WHERE id = $1
        """,
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


async def locked(session: WriteSession, order_id: UUID) -> Order | None:
    """Return the order and let nobody else change it until the transaction ends."""
    await session.row("SELECT FROM orders WHERE id = $1 FOR NO KEY UPDATE", order_id)
    return await order(session, order_id)


async def set_status(session: WriteSession, order_id: UUID, status: State) -> None:
    """Change the state of an order that the session has locked."""
    await session.execute("UPDATE orders SET status = $2 WHERE id = $1", order_id, status)


async def set_courier(session: WriteSession, order_id: UUID, courier_id: str) -> None:
    """Note who brings an order that the session has locked."""
    await session.execute("UPDATE orders SET courier_id = $2 WHERE id = $1", order_id, courier_id)


async def of_customer(
    session: ReadSession, customer_id: UUID, before: UUID | None, limit: int
) -> list[OrderSummary]:
    """Return orders of a customer, at most `limit`, the newest first, from the one before `before` on."""
    rows = await session.rows(
        """
        SELECT id, status, total_minor, currency, created_at FROM orders
        WHERE customer_id = $1 AND id < $2
        ORDER BY id DESC LIMIT $3
        """,
        customer_id,
        before or UUID(int=2**128 - 1),
        limit,
    )
    return [OrderSummary.model_validate(dict(row)) for row in rows]
