"""The SQL of what sold: paid orders, by the time in their ids, which is also what they are partitioned by.

Orders that were refunded do not count: some were cancelled while they were paid, and never sold.
"""

from collections.abc import Sequence
from uuid import UUID

from asyncpg import Record

from app.platform.database import ReadSession

PAGE = 500  # orders


async def sales(session: ReadSession, after: UUID, before: UUID) -> Sequence[Record]:
    """Return paid orders between two ids, the oldest first and at most a page: `id`, `products`, `pieces`."""
    return await session.rows(
        """
        SELECT page.id, array_agg(lines.product_id) AS products, array_agg(lines.quantity) AS pieces
        FROM (
            SELECT id FROM orders
            WHERE id > $1 AND id < $2 AND status IN ('paid', 'shipped', 'delivered')
            ORDER BY id LIMIT $3
        ) AS page
        JOIN order_lines AS lines ON lines.order_id = page.id
        WHERE lines.order_id > $1 AND lines.order_id < $2
        GROUP BY page.id ORDER BY page.id
        """,
        after,
        before,
        PAGE,
    )


async def sold(session: ReadSession, after: UUID) -> Sequence[Record]:
    """Return the pieces of each product in orders that were paid, from an id on: `product_id`, `pieces`."""
    return await session.rows(
        """
        SELECT lines.product_id, sum(lines.quantity)::bigint AS pieces
        FROM orders JOIN order_lines AS lines ON lines.order_id = orders.id
        WHERE orders.id > $1 AND lines.order_id > $1
            AND orders.status IN ('paid', 'shipped', 'delivered')
        GROUP BY lines.product_id
        """,
        after,
    )


async def summaries(session: ReadSession, product_ids: Sequence[int]) -> Sequence[Record]:
    """Return those of the products that there are, as lists show them."""
    return await session.rows(
        """
        SELECT id, name, category, price_minor, currency, image_path, stock
        FROM products WHERE id = ANY($1::bigint[])
        """,
        product_ids,
    )
