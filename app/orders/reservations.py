"""Stock for orders that are on another shard than the products.

No transaction spans two shards. So stock is taken first, together with a reservation that says for which
order; the order is written next; the reservation is deleted last. Whoever dies in between leaves a
reservation behind: once it expires, the order is looked for, and the stock is the customer's if there is one,
and goes back if not. Nothing is sold twice, and nothing is lost for longer than a reservation lasts.
"""

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from uuid import UUID

from app.orders import store
from app.platform.database import Database, ReadSession, WriteSession
from app.platform.election import Election, Term, leading
from app.platform.shards import Shards
from app.platform.slots import slot_of_id

# Seconds. An order that is not committed by then never is: the server ends a transaction that stands still
# after 30 seconds, and a statement after 5.
LIFETIME = 300
SWEEP = 30.0  # seconds between two looks for what expired
PAGE = 100  # orders looked for at once


async def reserve(session: WriteSession, order_id: UUID, quantities: Mapping[int, int]) -> None:
    """Write down for which order the session took stock, by product id."""
    await session.execute(
        """
        INSERT INTO reservations (order_id, product_id, quantity, expires_at)
        SELECT $1, id, quantity, now() + make_interval(secs => $4)
        FROM unnest($2::bigint[], $3::integer[]) AS taken (id, quantity)
        """,
        order_id,
        list(quantities),
        list(quantities.values()),
        float(LIFETIME),
    )


async def keep(session: WriteSession, order_id: UUID) -> None:
    """Forget the reservation: the order has what it took."""
    await session.execute("DELETE FROM reservations WHERE order_id = $1", order_id)


async def give_back(session: WriteSession, order_id: UUID) -> None:
    """Put what was reserved back into the stock, once. Products are locked in the order that all lock in."""
    await session.rows(
        """
        SELECT FROM products WHERE id IN (SELECT product_id FROM reservations WHERE order_id = $1)
        ORDER BY id FOR NO KEY UPDATE
        """,
        order_id,
    )
    await session.execute(
        """
        WITH released AS (DELETE FROM reservations WHERE order_id = $1 RETURNING product_id, quantity)
        UPDATE products SET stock = stock + released.quantity
        FROM released WHERE products.id = released.product_id
        """,
        order_id,
    )


class Sweeper:
    """Settles reservations that expired, in one process of all that run it."""

    def __init__(self, products: Database, shards: Shards, election: Election) -> None:
        self._products = products
        self._shards = shards
        self._election = election

    def running(self) -> AbstractAsyncContextManager[None]:
        """Run beside a block."""
        return leading(self._election, "reservations", self._sweep, partial(asyncio.sleep, SWEEP))

    async def _sweep(self, term: Term) -> None:
        while True:
            await term.confirm()
            await self.settle()
            await asyncio.sleep(SWEEP)

    async def settle(self) -> None:
        """Settle what has expired by now.

        Raises:
            UnavailableError: a shard is down; what it may have is looked for later.
        """
        for order_id in await self._products.read(expired, "strong"):
            look = partial(store.order, order_id=order_id)
            found = await self._shards.read(slot_of_id(order_id), look, "strong")
            async with self._products.transaction() as session:
                await (keep if found else give_back)(session, order_id)


async def expired(session: ReadSession) -> list[UUID]:
    """Return orders whose reservations have expired, a page of them at most."""
    rows = await session.rows(
        "SELECT DISTINCT order_id FROM reservations WHERE expires_at < now() LIMIT $1", PAGE
    )
    return [row["order_id"] for row in rows]
