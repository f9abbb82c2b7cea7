"""Taking orders, and leading them through their states."""

from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID

from app.catalog.service import Catalog
from app.inventory import reservations
from app.orders import events, states, store
from app.orders.placing import Placing, Wanted, settled
from app.orders.schemas import NewOrder, Order, OrderListQuery, OrderPage
from app.orders.sharding import slot_of_customer
from app.orders.states import State
from app.payments import store as payments_store
from app.platform import outbox
from app.platform.consistency import Consistency, Token
from app.platform.database import Database, WriteSession
from app.platform.idempotency import Attempt, Reply
from app.platform.problems import NotFoundError
from app.platform.shards import Shards
from app.platform.slots import slot_of_id


class Orders:
    """Places orders, shows them, and changes their state."""

    def __init__(self, shards: Shards, products: Database, catalog: Catalog) -> None:
        """Take the shards of the orders, and the database of the products."""
        self._shards = shards
        self._products = products
        self._catalog = catalog
        self._placing = Placing(shards, products)

    async def place(self, customer_id: UUID, new: NewOrder, key: str | None) -> Reply:
        """Take the order, once for each key. When this returns, it is committed.

        Raises:
            KeyMissingError, KeyReusedError, AtWorkError: see `app.platform.idempotency`.
            InvalidRequestError: a product does not exist, or the currencies differ.
            OutOfStockError: there is not enough of a product.
            UnavailableError: a database is down or busy.
        """
        attempt = Attempt.of(customer_id, key, b"POST /orders " + new.model_dump_json().encode())
        said = await self._placing.place(Wanted(attempt, new))
        await self._catalog.forget(new.product_ids)
        return said

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
        give_back = partial(reservations.give_back, order_id=order_id)
        returned = await settled(order_id, self._products.write(give_back))
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
        consume = partial(reservations.consume, order_id=order_id)
        await settled(order_id, self._products.write(consume))
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


def found(order: Order | None, order_id: UUID, owner: UUID | None = None) -> Order:
    """Return the order.

    Raises:
        NotFoundError: there is none, or it is not the owner's, where one is named.
    """
    if order is None or owner not in (None, order.customer_id):
        raise NotFoundError(f"There is no order {order_id}.")
    return order
