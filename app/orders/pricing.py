"""What an order costs, and whether it can be fulfilled, by the products as they are at the moment."""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from asyncpg import Record

from app.orders.schemas import NewOrder, Order, OrderLine
from app.orders.sharding import slot_of_customer
from app.platform.identifiers import uuid7
from app.platform.problems import InvalidRequestError, ShopError


class OutOfStockError(ShopError):
    """Less is left than the order asks for; `lines` says of what, and how much."""

    status = 409
    type = "/problems/out-of-stock"
    title = "Out of stock"


def priced(new: NewOrder, customer_id: UUID, products: Mapping[int, Record]) -> Order:
    """Return the order at the products' current prices.

    Raises:
        InvalidRequestError: a product does not exist, or the currencies differ.
    """
    currency = _currency(new, products)
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
        id=uuid7(slot_of_customer(customer_id)),
        customer_id=customer_id,
        customer_email=new.customer_email,
        status="placed",
        total_minor=sum(line.quantity * line.unit_price_minor for line in lines),
        currency=currency,
        created_at=datetime.now(UTC),
        lines=lines,
    )


def require_stock(new: NewOrder, products: Mapping[int, Record], sold: Mapping[int, int]) -> None:
    """Return if there is enough of everything, once what is sold already, by product id, is gone.

    Raises:
        OutOfStockError: there is not.
    """
    short = [
        {"pointer": f"#/lines/{number}/quantity", "product_id": line.product_id, "available": available}
        for number, line in enumerate(new.lines)
        if (available := products[line.product_id]["stock"] - sold.get(line.product_id, 0)) < line.quantity
    ]
    if short:
        raise OutOfStockError("There is not enough of everything left.", lines=short)


def _currency(new: NewOrder, products: Mapping[int, Record]) -> str:
    unknown = [number for number, line in enumerate(new.lines) if line.product_id not in products]
    if unknown:
        errors = [
            {"pointer": f"#/lines/{number}/product_id", "detail": "No such product"} for number in unknown
        ]
        raise InvalidRequestError(errors)
    currencies = {str(products[product_id]["currency"]) for product_id in new.product_ids}
    if len(currencies) > 1:
        raise InvalidRequestError(
            [{"pointer": "#/lines", "detail": f"One order has one currency, not {sorted(currencies)}"}]
        )
    return currencies.pop()
