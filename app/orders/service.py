"""Taking orders."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from asyncpg import Record

from app.catalog import store as catalog_store
from app.catalog.service import Catalog
from app.orders import reservations, store
from app.orders.schemas import NewOrder, Order, OrderLine
from app.orders.sharding import slot_of_customer
from app.platform import outbox
from app.platform.database import Database, WriteSession
from app.platform.identifiers import uuid7
from app.platform.postgres import ServerLostError
from app.platform.problems import InvalidRequestError, NotFoundError, ShopError, UnavailableError
from app.platform.shards import Shards
from app.platform.slots import slot_of_id

logger = logging.getLogger(__name__)


class OutOfStockError(ShopError):
    """Less is left than the order asks for; `lines` says of what, and how much."""

    status = 409
    type = "/problems/out-of-stock"
    title = "Out of stock"


class Orders:
    """Places orders and shows them."""

    def __init__(self, shards: Shards, products: Database, catalog: Catalog) -> None:
        """Take the shards of the orders, and the database of the products."""
        self._shards = shards
        self._products = products
        self._catalog = catalog

    async def place(self, new: NewOrder) -> Order:
        """Take the order: its rows, the stock it takes and the event that tells of it.

        When this returns, all of it is committed. With one database it is one transaction; with shards, see
        `app.orders.reservations`.

        Raises:
            InvalidRequestError: a product does not exist, or the currencies differ.
            OutOfStockError: there is not enough of a product.
            UnavailableError: a database is down or busy.
        """
        order = await (self._place_at_once(new) if self._shards.is_plain else self._place_by_reserving(new))
        await self._catalog.forget([line.product_id for line in order.lines])
        return order

    async def _place_at_once(self, new: NewOrder) -> Order:
        async def work(session: WriteSession) -> Order:
            order = await _take_stock(session, new)
            await _write(session, order)
            return order

        return await self._shards.write(slot_of_customer(new.customer_email), work)

    async def _place_by_reserving(self, new: NewOrder) -> Order:
        async with self._products.transaction() as session:
            order = await _take_stock(session, new)
            await reservations.reserve(session, order.id, _quantities(new))
        try:
            await self._shards.write(slot_of_id(order.id), partial(_write, order=order))
        except ServerLostError:
            raise  # perhaps it is committed: the reservation is settled when it expires
        except Exception:
            await self._settle(order.id, reservations.give_back)
            raise
        await self._settle(order.id, reservations.keep)
        return order

    async def _settle(self, order_id: UUID, how: Callable[[WriteSession, UUID], Awaitable[None]]) -> None:
        try:
            async with self._products.transaction() as session:
                await how(session, order_id)
        except UnavailableError:
            logger.warning("a reservation is left to expire", extra={"order_id": str(order_id)})

    async def order(self, order_id: UUID) -> Order:
        """Return an order; one that was just placed is always found.

        Raises:
            NotFoundError: there is none.
        """
        look = partial(store.order, order_id=order_id)
        found = await self._shards.read(slot_of_id(order_id), look, "strong")
        if found is None:
            raise NotFoundError(f"There is no order {order_id}.")
        return found


async def _take_stock(session: WriteSession, new: NewOrder) -> Order:
    """Return the order, whose products the session has taken out of the stock."""
    products = await catalog_store.lock(session, [line.product_id for line in new.lines])
    order = _priced(new, products)
    await catalog_store.take(session, _quantities(new))
    return order


async def _write(session: WriteSession, order: Order) -> None:
    await store.insert(session, order)
    await outbox.append(session, _order_placed(order))


def _quantities(new: NewOrder) -> dict[int, int]:
    return {line.product_id: line.quantity for line in new.lines}


def _priced(new: NewOrder, products: Mapping[int, Record]) -> Order:
    """Return the order at the products' current prices, if it can be fulfilled."""
    unknown = [number for number, line in enumerate(new.lines) if line.product_id not in products]
    if unknown:
        errors = [
            {"pointer": f"#/lines/{number}/product_id", "detail": "No such product"} for number in unknown
        ]
        raise InvalidRequestError(errors)
    currencies = {product["currency"] for product in products.values()}
    if len(currencies) > 1:
        raise InvalidRequestError(
            [{"pointer": "#/lines", "detail": f"One order has one currency, not {sorted(currencies)}"}]
        )
    short = [
        {"pointer": f"#/lines/{number}/quantity", "product_id": line.product_id, "available": stock}
        for number, line in enumerate(new.lines)
        if (stock := products[line.product_id]["stock"]) < line.quantity
    ]
    if short:
        raise OutOfStockError("There is not enough of everything left.", lines=short)
    lines = [
        OrderLine(
            line_no=number,
            product_id=line.product_id,
            product_name=products[line.product_id]["name"],
            quantity=line.quantity,
            unit_price_minor=products[line.product_id]["price_minor"],
        )
        for number, line in enumerate(new.lines, 1)
    ]
    return Order(
        id=uuid7(slot_of_customer(new.customer_email)),
        customer_email=new.customer_email,
        status="placed",
        total_minor=sum(line.quantity * line.unit_price_minor for line in lines),
        currency=currencies.pop(),
        created_at=datetime.now(UTC),
        lines=lines,
    )


def _order_placed(order: Order) -> outbox.Event:
    """Return the event that notifies of the order: only its id, for those who want to know more to ask."""
    return outbox.Event(
        type="order.placed",
        aggregate_id=str(order.id),
        data={"order_id": str(order.id)},
        slot=slot_of_id(order.id),
        occurred_at=order.created_at,
    )
