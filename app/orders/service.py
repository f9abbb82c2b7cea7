"""Taking orders."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from asyncpg import Record

from app.catalog import store as catalog_store
from app.catalog.service import Catalog
from app.orders import store
from app.orders.schemas import NewOrder, Order, OrderLine
from app.platform import outbox
from app.platform.database import Database
from app.platform.identifiers import uuid7
from app.platform.problems import InvalidRequestError, NotFoundError, ShopError


class OutOfStockError(ShopError):
    """Less is left than the order asks for; `lines` says of what, and how much."""

    status = 409
    type = "/problems/out-of-stock"
    title = "Out of stock"


class Orders:
    """Places orders and shows them."""

    def __init__(self, database: Database, catalog: Catalog) -> None:
        self._database = database
        self._catalog = catalog

    async def place(self, new: NewOrder) -> Order:
        """Take the order: its rows, the stock it takes and the event that tells of it are one transaction.

        When this returns, the transaction is committed.

        Raises:
            InvalidRequestError: a product does not exist, or the currencies differ.
            OutOfStockError: there is not enough of a product.
        """
        async with self._database.transaction() as session:
            products = await catalog_store.lock(session, [line.product_id for line in new.lines])
            order = _priced(new, products)
            await catalog_store.take(session, {line.product_id: line.quantity for line in new.lines})
            await store.insert(session, order)
            await outbox.append(session, _order_placed(order))
        await self._catalog.forget(products)
        return order

    async def order(self, order_id: UUID) -> Order:
        """Return an order; one that was just placed is always found.

        Raises:
            NotFoundError: there is none.
        """
        found = await self._database.read(partial(store.order, order_id=order_id), "strong")
        if found is None:
            raise NotFoundError(f"There is no order {order_id}.")
        return found


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
        id=uuid7(),
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
        occurred_at=order.created_at,
    )
