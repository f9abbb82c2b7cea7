"""Stock that was taken for orders, from the moment it is taken until the order leaves the house.

A reservation stands beside the stock, in the database of the products; the order may be on another shard,
and no transaction spans the two. So the reservation is what makes stock go back once: the transaction that
adds to the stock deletes it. `expires_at` says when somebody must look what became of the order, if nobody
who knew has said so before: see `app.orders.sweeper`.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from app.platform.database import ReadSession, WriteSession

PAGE = 100  # orders looked for at once


class Taken(NamedTuple):
    """What was taken for an order, by product id.

    `claim` names the request where another sending of it may come by before the order is there.
    """

    order_id: UUID
    quantities: Mapping[int, int]
    claim: UUID | None = None


async def reserve(session: WriteSession, taken: Iterable[Taken], seconds: int) -> None:
    """Write down for which orders the session took stock, and for how long at first."""
    rows = [
        (one.order_id, product_id, quantity, one.claim)
        for one in taken
        for product_id, quantity in one.quantities.items()
    ]
    await session.execute(
        """
        INSERT INTO reservations (order_id, product_id, quantity, claim, expires_at)
        SELECT order_id, product_id, quantity, claim, now() + make_interval(secs => $5)
        FROM unnest($1::uuid[], $2::bigint[], $3::integer[], $4::uuid[])
            AS taken (order_id, product_id, quantity, claim)
        """,
        *([row[place] for row in rows] for place in range(4)),
        float(seconds),
    )


async def adopt(session: WriteSession, claims: Collection[UUID], seconds: int) -> dict[UUID, UUID]:
    """Go on with what other sendings of the same requests have reserved; return the orders' ids by claim.

    From now on several may write these orders. None of them can know that the others will not, so only who
    finds a reservation expired may give it back.
    """
    rows = await session.rows(
        """
        UPDATE reservations SET adopted = true, expires_at = now() + make_interval(secs => $2)
        WHERE claim = ANY ($1::uuid[]) RETURNING claim, order_id
        """,
        list(claims),
        float(seconds),
    )
    return {row["claim"]: row["order_id"] for row in rows}


async def hold(session: WriteSession, until: Mapping[UUID, datetime]) -> None:
    """Leave the reservations of orders, by their ids, alone until then: the orders are there."""
    await session.execute(
        """
        UPDATE reservations SET expires_at = until
        FROM unnest($1::uuid[], $2::timestamptz[]) AS held (id, until) WHERE order_id = id
        """,
        list(until),
        list(until.values()),
    )


async def postpone(session: WriteSession, order_id: UUID, until: datetime) -> None:
    """Do the same later, when no sending of the request can be on its way any more."""
    await session.execute(
        "UPDATE reservations SET claim = NULL, expires_at = $2 WHERE order_id = $1", order_id, until
    )


async def consume(session: WriteSession, order_id: UUID) -> None:
    """Forget the reservation: what it took has left the house."""
    await session.execute("DELETE FROM reservations WHERE order_id = $1", order_id)


async def give_back(
    session: WriteSession, order_id: UUID, only: Literal["all", "expired", "own"] = "all"
) -> list[int]:
    """Put what was reserved back into the stock, once, and return the products' ids.

    With `only`, nothing happens unless it is still expired, or unless nobody else has adopted it.
    Products are locked in the order that all lock in.
    """
    await session.rows(
        """
        SELECT FROM products WHERE id IN (SELECT product_id FROM reservations WHERE order_id = $1)
        ORDER BY id FOR NO KEY UPDATE
        """,
        order_id,
    )
    condition = {"all": "true", "expired": "expires_at < now()", "own": "NOT adopted"}[only]
    rows = await session.rows(
        f"""
        WITH released AS (
            DELETE FROM reservations WHERE order_id = $1 AND {condition} RETURNING product_id, quantity
        )
        UPDATE products SET stock = stock + released.quantity
        FROM released WHERE products.id = released.product_id
        RETURNING products.id
        """,  # noqa: S608 - conditions of ours
        order_id,
    )
    return [row["id"] for row in rows]


async def expired(session: ReadSession, after: UUID) -> list[UUID]:
    """Return the orders, by id and at most a page, whose reservations somebody must look at."""
    rows = await session.rows(
        """
        SELECT DISTINCT order_id FROM reservations WHERE expires_at < now() AND order_id > $1
        ORDER BY order_id LIMIT $2
        """,
        after,
        PAGE,
    )
    return [row["order_id"] for row in rows]
