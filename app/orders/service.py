"""Taking orders, and leading them through their states."""

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple, TypeVar
from uuid import UUID

from app.catalog.service import Catalog
from app.inventory import reservations, stock
from app.orders import events, pricing, states, store
from app.orders.schemas import NewOrder, Order, OrderListQuery, OrderPage
from app.orders.sharding import slot_of_customer
from app.orders.states import State
from app.payments import store as payments_store
from app.platform import idempotency, outbox
from app.platform.consistency import Consistency, Token
from app.platform.database import Database, WriteSession
from app.platform.idempotency import Attempt, Reply
from app.platform.postgres import ServerLostError
from app.platform.problems import NotFoundError, UnavailableError
from app.platform.shards import Shards
from app.platform.slots import slot_of_id

logger = logging.getLogger(__name__)

T = TypeVar("T")

PAYMENT_WINDOW = 30 * 60  # seconds after which an order that is not paid is cancelled
# Seconds for which stock is reserved for an order that is not there yet, and for which its transaction may
# begin. The server ends a transaction that stands still after 30 seconds, and a statement after 5.
RESERVED = 300
WRITABLE = 240


class Draft(NamedTuple):
    """An order whose stock is reserved, and until when it may be written."""

    order: Order
    until: datetime


class Orders:
    """Places orders, shows them, and changes their state."""

    def __init__(self, shards: Shards, products: Database, catalog: Catalog) -> None:
        """Take the shards of the orders, and the database of the products."""
        self._shards = shards
        self._products = products
        self._catalog = catalog

    async def place(self, customer_id: UUID, new: NewOrder, key: str | None) -> Reply:
        """Take the order: its rows, the stock it takes and the event that tells of it, once for each key.

        When this returns, all of it is committed. With one database it is one transaction. With shards, stock
        is reserved first, the order is written next, and the reservation is held for it last. Whoever
        repeats the request goes on with what it has reserved, so that no stock is taken twice.

        Raises:
            KeyMissingError, KeyReusedError, AtWorkError: see `app.platform.idempotency`.
            InvalidRequestError: a product does not exist, or the currencies differ.
            OutOfStockError: there is not enough of a product.
            UnavailableError: a database is down or busy.
        """
        attempt = Attempt.of(customer_id, key, b"POST /orders " + new.model_dump_json().encode())
        place = self._place_at_once if self._shards.is_plain else self._place_by_reserving
        said = await place(attempt, new)
        await self._catalog.forget(new.product_ids)
        return said

    async def _place_at_once(self, attempt: Attempt, new: NewOrder) -> Reply:
        slot = slot_of_customer(attempt.owner)

        async def take_and_write(session: WriteSession) -> Reply:
            products = await stock.lock(session, new.product_ids)
            order = pricing.priced(new, attempt.owner, products)
            pricing.require_stock(new, products)
            await stock.take(session, new.quantities, products)
            await reservations.reserve(session, order.id, new.quantities, None, PAYMENT_WINDOW)
            return await _write(session, order)

        return await self._shards.write(
            slot, partial(idempotency.once, attempt=attempt, slot=slot, work=take_and_write)
        )

    async def _place_by_reserving(self, attempt: Attempt, new: NewOrder) -> Reply:
        slot = slot_of_customer(attempt.owner)
        look = partial(idempotency.reply, attempt=attempt)
        if said := await self._shards.read(slot, look, "strong"):
            return said
        async with self._products.transaction() as session:
            draft = await _reserved(session, attempt, new)
        order = draft.order
        try:
            write = partial(_write_in_time, draft=draft)
            said = await self._shards.write(
                slot, partial(idempotency.once, attempt=attempt, slot=slot, work=write)
            )
        except ServerLostError:
            raise  # perhaps it is committed: who repeats the request sees it, or the sweeper
        except Exception:
            await self._settle(order.id, partial(reservations.give_back, only="own"))
            raise
        if said.location == _location(order.id):
            await self._settle(order.id, partial(reservations.hold, until=payable_until(order)))
        else:
            await self._settle(order.id, partial(reservations.give_back, only="own"))
        return said

    async def _settle(self, order_id: UUID, how: Callable[[WriteSession, UUID], Awaitable[T]]) -> T | None:
        """Say to a reservation what became of its order; None where that is left to the sweeper."""
        try:
            async with self._products.transaction() as session:
                return await how(session, order_id)
        except UnavailableError:
            logger.warning("a reservation is left to expire", extra={"order_id": str(order_id)})
            return None

    async def order(
        self, order_id: UUID, owner: UUID | None = None, consistency: Consistency = "strong"
    ) -> Order:
        """Return an order; if not told otherwise, one that was just placed is always found.

        Raises:
            NotFoundError: there is none, or it is not the owner's, where one is named.
        """
        look = partial(store.order, order_id=order_id)
        return found(await self._shards.read(slot_of_id(order_id), look, consistency), order_id, owner)

    async def page(
        self, customer_id: UUID, wanted: OrderListQuery, consistency: Consistency = "strong"
    ) -> OrderPage:
        """Return a page of a customer's orders."""
        look = partial(
            store.of_customer, customer_id=customer_id, before=wanted.cursor, limit=wanted.limit + 1
        )
        found = await self._shards.read(slot_of_customer(customer_id), look, consistency)
        items = found[: wanted.limit]
        return OrderPage(items=items, next=items[-1].id if len(found) > wanted.limit else None)

    async def token(self, customer_id: UUID) -> Token | None:
        """Return what lets a read of the customer's orders see all that was committed by now."""
        return await self._shards.token(slot_of_customer(customer_id))

    async def cancel(self, order_id: UUID, owner: UUID | None = None) -> Order:
        """Cancel an order, have what was paid given back, and put what it took back into the stock.

        The stock has a transaction of its own: should it not come to that, the sweeper sees to it.

        Raises:
            NotFoundError: as of `order`.
            IllegalTransitionError: it is too late.
        """
        order = await self._move(order_id, "cancelled", owner, payments_store.begin_refund)
        returned = await self._settle(order_id, reservations.give_back)
        await self._catalog.forget(returned or [])
        return order

    async def ship(self, order_id: UUID, courier_id: str | None = None) -> Order:
        """Note that an order has left the house, and who brings it if that is known.

        Raises:
            NotFoundError, IllegalTransitionError: as of `cancel`.
        """
        note = partial(store.set_courier, courier_id=courier_id) if courier_id else None
        order = await self._move(order_id, "shipped", also=note)
        order = order.model_copy(update={"courier_id": courier_id})
        await self._settle(order_id, reservations.consume)
        return order

    async def deliver(self, order_id: UUID) -> Order:
        """Note that an order has arrived.

        Raises:
            NotFoundError, IllegalTransitionError: as of `cancel`.
        """
        return await self._move(order_id, "delivered")

    async def _move(
        self,
        order_id: UUID,
        following: State,
        owner: UUID | None = None,
        also: Callable[[WriteSession, UUID], Awaitable[None]] | None = None,
    ) -> Order:
        async def work(session: WriteSession) -> Order:
            order = found(await store.locked(session, order_id), order_id, owner)
            if also:
                await also(session, order_id)
            return await move(session, order, following)

        return await self._shards.write(slot_of_id(order_id), work)


async def move(session: WriteSession, order: Order, following: State) -> Order:
    """Bring an order that the session has locked into another state, and tell of it by an event.

    Raises:
        IllegalTransitionError: it cannot go there.
    """
    states.require(order.status, following)
    await store.set_status(session, order.id, following)
    await outbox.append(session, events.of_state(order, following).event())
    return order.model_copy(update={"status": following})


async def _reserved(session: WriteSession, attempt: Attempt, new: NewOrder) -> Draft:
    """Take the stock for the order, or go on with what an earlier sending of the request took."""
    until = datetime.now(UTC) + timedelta(seconds=WRITABLE)
    products = await stock.lock(session, new.product_ids)
    order = pricing.priced(new, attempt.owner, products)
    adopted = await reservations.adopt(session, attempt.claim, RESERVED)
    if adopted:
        return Draft(order.model_copy(update={"id": adopted}), until)
    pricing.require_stock(new, products)
    await stock.take(session, new.quantities, products)
    await reservations.reserve(session, order.id, new.quantities, attempt.claim, RESERVED)
    return Draft(order, until)


async def _write_in_time(session: WriteSession, draft: Draft) -> Reply:
    if datetime.now(UTC) > draft.until:  # this process stood still, and the stock is someone else's soon
        raise UnavailableError("the shop was too slow to take the order")
    return await _write(session, draft.order)


async def _write(session: WriteSession, order: Order) -> Reply:
    await store.insert(session, order)
    await outbox.append(session, events.of_state(order, "placed").event(order.created_at))
    return Reply(201, _location(order.id), order.model_dump_json())


def found(order: Order | None, order_id: UUID, owner: UUID | None = None) -> Order:
    """Return the order.

    Raises:
        NotFoundError: there is none, or it is not the owner's, where one is named.
    """
    if order is None or owner not in (None, order.customer_id):
        raise NotFoundError(f"There is no order {order_id}.")
    return order


def _location(order_id: UUID) -> str:
    return f"/orders/{order_id}"


def payable_until(order: Order) -> datetime:
    """Return when an order is cancelled that is not paid by then."""
    return order.created_at + timedelta(seconds=PAYMENT_WINDOW)
