"""What happens to orders."""

from typing import ClassVar, Self
from uuid import UUID

from pydantic import Field

from app.events.contract import Consumer, EventData, Pattern
from app.events.fields import EXAMPLE_CUSTOMER, EXAMPLE_ORDER, Currency, Line, OrderId, PricedLine
from app.platform.slots import slot_of_id


class OrderEvent(EventData):
    """What tells of an order: it belongs to the order, and lives on the order's shard."""

    order_id: OrderId

    @property
    def aggregate_id(self) -> str:
        """Return the order's id."""
        return str(self.order_id)

    @property
    def slot(self) -> int | None:
        """Return the order's slot."""
        return slot_of_id(self.order_id)

    @classmethod
    def example(cls) -> Self:
        """Return one that tells of the order alone."""
        return cls(order_id=EXAMPLE_ORDER)


class OrderPlaced(OrderEvent):
    """A customer placed an order, and its stock is reserved."""

    type: ClassVar[str] = "order.placed"
    pattern: ClassVar[Pattern] = "state transfer"
    consumers: ClassVar[tuple[Consumer, ...]] = (
        Consumer("order_notifications", "notification", "fetches the order and sends the confirmation"),
        Consumer("order_inventory", "state transfer", "books what leaves the stock, and asks nobody"),
    )

    lines: tuple[Line, ...] = Field(
        (), description="What was ordered; the first events of this version did not say it"
    )

    @classmethod
    def example(cls) -> Self:
        """Return one with two lines."""
        lines = (Line(product_id=42, quantity=2), Line(product_id=7, quantity=1))
        return cls(order_id=EXAMPLE_ORDER, lines=lines)


class OrderPaid(OrderEvent):
    """The money for an order was taken."""

    type: ClassVar[str] = "order.paid"
    pattern: ClassVar[Pattern] = "state transfer"
    consumers: ClassVar[tuple[Consumer, ...]] = (
        Consumer("sales_aggregator", "state transfer", "counts what was sold, window by window"),
    )

    customer_id: UUID = Field(description="The account that placed it")
    total_minor: int = Field(
        ge=0, description="What was paid, in the currency's smallest unit, such as cents"
    )
    currency: Currency
    lines: tuple[PricedLine, ...] = Field(description="What was bought")

    @classmethod
    def example(cls) -> Self:
        """Return one whose lines make up its total."""
        lines = (
            PricedLine(product_id=42, quantity=2, unit_price_minor=1_250),
            PricedLine(product_id=7, quantity=1, unit_price_minor=499),
        )
        return cls(
            order_id=EXAMPLE_ORDER,
            customer_id=EXAMPLE_CUSTOMER,
            total_minor=2_999,
            currency="EUR",
            lines=lines,
        )


class OrderCancelled(OrderEvent):
    """An order was cancelled, by its customer or because it was not paid in time."""

    type: ClassVar[str] = "order.cancelled"
    pattern: ClassVar[Pattern] = "state transfer"
    consumers: ClassVar[tuple[Consumer, ...]] = (
        Consumer("order_inventory", "state transfer", "books what comes back to the stock, and asks nobody"),
    )

    lines: tuple[Line, ...] = Field(description="What had been ordered")

    @classmethod
    def example(cls) -> Self:
        """Return the end of the order that `OrderPlaced.example` begins."""
        return cls(order_id=EXAMPLE_ORDER, lines=OrderPlaced.example().lines)


class OrderShipped(OrderEvent):
    """An order left the house."""

    type: ClassVar[str] = "order.shipped"
    pattern: ClassVar[Pattern] = "notification"


class OrderDelivered(OrderEvent):
    """An order arrived."""

    type: ClassVar[str] = "order.delivered"
    pattern: ClassVar[Pattern] = "notification"


class OrderRefunded(OrderEvent):
    """What was paid for an order was given back."""

    type: ClassVar[str] = "order.refunded"
    pattern: ClassVar[Pattern] = "notification"
