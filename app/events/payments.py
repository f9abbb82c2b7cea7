"""What happens to payments."""

from typing import ClassVar, Self
from uuid import UUID

from pydantic import Field

from app.events.contract import Consumer, Pattern
from app.events.fields import EXAMPLE_ORDER, EXAMPLE_PAYMENT, Currency
from app.events.orders import OrderEvent


class PaymentAuthorised(OrderEvent):
    """A card's bank said yes: the money is set aside, and waits to be taken."""

    type: ClassVar[str] = "payment.authorised"
    pattern: ClassVar[Pattern] = "state transfer"
    consumers: ClassVar[tuple[Consumer, ...]] = (
        Consumer("payment_capture", "state transfer", "takes the money, order by order in their order"),
    )

    payment_id: UUID = Field(description="The payment")
    amount_minor: int = Field(
        ge=0, description="What is to be taken, in the currency's smallest unit, such as cents"
    )
    currency: Currency

    @classmethod
    def example(cls) -> Self:
        """Return the payment of the order that `OrderPaid.example` tells of."""
        return cls(order_id=EXAMPLE_ORDER, payment_id=EXAMPLE_PAYMENT, amount_minor=2_999, currency="EUR")
