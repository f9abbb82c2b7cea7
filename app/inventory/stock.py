"""What is left of each product, in the database of the products."""

from collections.abc import Collection, Mapping

from asyncpg import Record

from app.events.products import StockLow
from app.platform import outbox
from app.platform.database import WriteSession

LOW = 5  # pieces; with fewer left, whoever buys for the shop wants to know


async def lock(session: WriteSession, product_ids: Collection[int]) -> dict[int, Record]:
    """Lock the products until the transaction ends and return those that exist.

    All transactions lock in the order of the ids, so that no two can wait for each other.
    """
    rows = await session.rows(
        """
        SELECT id, name, price_minor, currency, stock
        FROM products WHERE id = ANY($1::bigint[])
        ORDER BY id FOR NO KEY UPDATE
        """,
        list(product_ids),
    )
    return {row["id"]: row for row in rows}


async def take(session: WriteSession, quantities: Mapping[int, int], products: Mapping[int, Record]) -> None:
    """Take quantities, by product id, out of the stock of locked products. It cannot go below zero."""
    await session.execute(
        """
        UPDATE products SET stock = stock - taken.quantity
        FROM unnest($1::bigint[], $2::integer[]) AS taken (id, quantity)
        WHERE products.id = taken.id
        """,
        list(quantities),
        list(quantities.values()),
    )
    left = {product_id: products[product_id]["stock"] - taken for product_id, taken in quantities.items()}
    low = [
        StockLow(product_id=product_id, stock=stock).event()
        for product_id, stock in left.items()
        if products[product_id]["stock"] >= LOW > stock
    ]
    if low:
        await outbox.append(session, *low)
