"""Looks what became of orders whose stock is still reserved, and settles it.

An order may never have been written, or stay unpaid for too long; and whoever knew more of it may have died
before telling the reservation. Each sweep brings such reservations to where they belong; a second one, or one
beside it, changes nothing more.
"""

import asyncio
import logging
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

from app.inventory import reservations
from app.orders.placing import payable_until
from app.orders.schemas import Order
from app.orders.service import Orders
from app.orders.states import IllegalTransitionError
from app.platform import idempotency
from app.platform.database import Database
from app.platform.election import Election, Term, leading
from app.platform.problems import NotFoundError, UnavailableError
from app.platform.shards import Shards

logger = logging.getLogger(__name__)

SWEEP = 30.0  # seconds between two looks for what expired
PATIENCE = 3600  # seconds until a paid order that was not shipped is looked at again


class Sweeper:
    """Settles reservations that expired, in one process of all that run it."""

    def __init__(self, products: Database, shards: Shards, orders: Orders, election: Election) -> None:
        self._products = products
        self._shards = shards
        self._orders = orders
        self._election = election

    def running(self) -> AbstractAsyncContextManager[None]:
        """Run beside a block."""
        return leading(self._election, "reservations", self._sweep, partial(asyncio.sleep, SWEEP))

    async def _sweep(self, term: Term) -> None:
        while True:
            await term.confirm()
            await self.settle()
            await self.forget()
            await asyncio.sleep(SWEEP)

    async def settle(self) -> None:
        """Settle what has expired by now. What is on a shard that is down is looked at next time.

        Raises:
            UnavailableError: the products' database is down.
        """
        after = UUID(int=0)
        while True:
            found = await self._products.read(partial(reservations.expired, after=after), "strong")
            for order_id in found:
                await self._look(order_id)
            if len(found) < reservations.PAGE:
                return
            after = found[-1]

    async def forget(self) -> None:
        """Delete the answers to requests that nobody repeats any more, on every shard that is up."""
        for number, shard in self._shards.databases.items():
            try:
                while await _forget(shard) == idempotency.PAGE:
                    pass
            except UnavailableError as error:
                logger.warning("answers are not forgotten", extra={"shard": number, "error": str(error)})

    async def _look(self, order_id: UUID) -> None:
        try:
            await self._settle(await self._orders.order(order_id))
        except NotFoundError:
            await self._give_back(order_id)
        except IllegalTransitionError:
            logger.info("an order went on while it was looked at", extra={"order_id": str(order_id)})
        except UnavailableError as error:
            left = {"order_id": str(order_id), "error": str(error)}
            logger.warning("a reservation is not settled", extra=left)

    async def _settle(self, order: Order) -> None:
        """Do what the order's state asks for."""
        match order.status:
            case "placed" if datetime.now(UTC) > payable_until(order):
                await self._orders.cancel(order.id)
            case "placed":  # it was written, and the process died before it could say so
                await self._postpone(order.id, payable_until(order))
            case "paid":
                await self._postpone(order.id, datetime.now(UTC) + timedelta(seconds=PATIENCE))
            case "shipped" | "delivered":
                async with self._products.transaction() as session:
                    await reservations.consume(session, order.id)
            case "cancelled" | "refunded":
                await self._give_back(order.id)

    async def _give_back(self, order_id: UUID) -> None:
        async with self._products.transaction() as session:
            await reservations.give_back(session, order_id, only="expired")

    async def _postpone(self, order_id: UUID, until: datetime) -> None:
        async with self._products.transaction() as session:
            await reservations.postpone(session, order_id, until)


async def _forget(shard: Database) -> int:
    async with shard.transaction() as session:
        return await idempotency.forget_expired(session)
