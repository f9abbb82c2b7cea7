"""What a payment consists of."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from app.catalog.schemas import Currency, MinorUnits
from app.payments.provider import Reason

Status = Literal["pending", "authorised", "captured", "declined", "refunding", "refunded"]


def _checked(number: SecretStr) -> SecretStr:
    """Return the number if its last digit fits the others (Luhn: ISO/IEC 7812-1, annex B)."""
    digits = number.get_secret_value()
    if not (digits.isascii() and digits.isdecimal() and 12 <= len(digits) <= 19):
        raise ValueError("A card's number has 12 to 19 digits, and nothing between them")
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    if sum(value // 10 + value % 10 for value in doubled) % 10:
        raise ValueError("A digit is wrong")
    return number


class NewPayment(BaseModel):
    """What a customer sends. The number goes to the provider, and is neither kept nor logged."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    card_number: Annotated[SecretStr, AfterValidator(_checked)] = Field(examples=["4242424242424242"])


class Payment(BaseModel):
    """A payment as it stands.

    It is "pending" while nobody knows whether the card's bank said yes; that is found out by itself. Once it
    is "authorised", the money is set aside, and taken soon after: then it is "captured".
    """

    id: UUID
    order_id: UUID
    status: Status
    amount_minor: MinorUnits
    currency: Currency
    card_last_four: str = Field(examples=["4242"])
    decline_reason: Reason | None
    created_at: datetime


class PaymentEvent(BaseModel):
    """What a provider tells: something has happened to a payment. What it was is asked, not believed."""

    model_config = ConfigDict(extra="ignore")

    type: str
    payment_id: UUID
