"""The reports' SQL: what a day's orders come to, on one shard, and the reports themselves.

Orders are found by the time in their ids, by which they are partitioned. While a slot moves, its orders are
on two shards: those of the owner count.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from asyncpg import Record

from app.platform.database import ReadSession, WriteSession
from app.reports.schemas import Report


async def orders(session: ReadSession, first: UUID, end: UUID) -> Sequence[Record]:
    """Return what the orders from one id on and before another come to.

    That is, for each state and currency: `status`, `currency`, `orders`, `total`.
    """
    return await session.rows(
        """
        SELECT status, currency, count(*) AS orders, sum(total_minor)::bigint AS total
        FROM orders
        WHERE id >= $1 AND id < $2
            AND NOT EXISTS (SELECT FROM shard_slots WHERE slot = orders.slot AND state <> 'owned')
        GROUP BY status, currency
        """,
        first,
        end,
    )


async def sold(session: ReadSession, first: UUID, end: UUID) -> Sequence[Record]:
    """Return what was sold in those that were paid: `product_id`, `product_name`, `pieces`."""
    return await session.rows(
        """
        SELECT lines.product_id, max(lines.product_name) AS product_name,
            sum(lines.quantity)::bigint AS pieces
        FROM orders JOIN order_lines AS lines ON lines.order_id = orders.id
        WHERE orders.id >= $1 AND orders.id < $2 AND lines.order_id >= $1 AND lines.order_id < $2
            AND orders.status IN ('paid', 'shipped', 'delivered')
            AND NOT EXISTS (SELECT FROM shard_slots WHERE slot = orders.slot AND state <> 'owned')
        GROUP BY lines.product_id
        """,
        first,
        end,
    )


async def keep(session: WriteSession, report: Report) -> None:
    """Keep a report, unless there is one of its day."""
    await session.execute(
        "INSERT INTO daily_reports (day, made_at, content) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        report.day,
        report.made_at,
        report.model_dump_json(),
    )


async def find(session: ReadSession, day: date) -> Report | None:
    """Return the report of a day."""
    row = await session.row("SELECT content::text FROM daily_reports WHERE day = $1", day)
    return Report.model_validate_json(row["content"]) if row else None


async def made(session: ReadSession, since: date) -> set[date]:
    """Return the days from one on of which there is a report."""
    rows = await session.rows("SELECT day FROM daily_reports WHERE day >= $1", since)
    return {row["day"] for row in rows}
