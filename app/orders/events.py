"""Which event tells of an order's state."""

from collections.abc import Callable, Mapping

from app.events.contract import EventData
from app.events.fields import Line, PricedLine
from app.events.orders import (
    OrderCancelled,
    OrderDelivered,
    OrderPaid,
    OrderPlaced,
    OrderRefunded,
    OrderShipped,
)
from app.orders.schemas import Order
from app.orders.states import State


def of_state(order: Order, state: State) -> EventData:
    """Return what tells that an order came into a state."""
    return _BY_STATE[state](order)


def _placed(order: Order) -> EventData:
    return OrderPlaced(order_id=order.id, lines=_lines(order))


def _paid(order: Order) -> EventData:
    return OrderPaid(
        order_id=order.id,
        customer_id=order.customer_id,
        total_minor=order.total_minor,
        currency=order.currency,
        lines=tuple(
            PricedLine(
                product_id=line.product_id, quantity=line.quantity, unit_price_minor=line.unit_price_minor
            )
            for line in order.lines
        ),
    )


def _cancelled(order: Order) -> EventData:
    return OrderCancelled(order_id=order.id, lines=_lines(order))


def _lines(order: Order) -> tuple[Line, ...]:
    return tuple(Line(product_id=line.product_id, quantity=line.quantity) for line in order.lines)


_BY_STATE: Mapping[State, Callable[[Order], EventData]] = {
    "placed": _placed,
    "paid": _paid,
    "cancelled": _cancelled,
    "shipped": lambda order: OrderShipped(order_id=order.id),
    "delivered": lambda order: OrderDelivered(order_id=order.id),
    "refunded": lambda order: OrderRefunded(order_id=order.id),
}
