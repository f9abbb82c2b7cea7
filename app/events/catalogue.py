"""All events that there are."""

from app.events.contract import EventData
from app.events.couriers import PositionReported
from app.events.media import MediaUploaded
from app.events.orders import (
    OrderCancelled,
    OrderDelivered,
    OrderPaid,
    OrderPlaced,
    OrderRefunded,
    OrderShipped,
)
from app.events.payments import PaymentAuthorised
from app.events.products import ProductChanged, StockLow

EVENTS: tuple[type[EventData], ...] = (
    OrderPlaced,
    OrderPaid,
    OrderShipped,
    OrderDelivered,
    OrderCancelled,
    OrderRefunded,
    PaymentAuthorised,
    StockLow,
    ProductChanged,
    MediaUploaded,
    PositionReported,
)
