"""What an order consists of."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

from app.catalog.schemas import Currency, MinorUnits


class NewLine(BaseModel):
    """A product and how many of it."""

    model_config = ConfigDict(extra="forbid")

    product_id: Annotated[int, Field(ge=1, lt=2**63, strict=True)]
    quantity: Annotated[int, Field(ge=1, le=100, strict=True)]


class NewOrder(BaseModel):
    """What a customer sends."""

    model_config = ConfigDict(extra="forbid")

    customer_email: str = Field(
        # One @, a dot after it, and nothing that could break out of a mail's header: the mail is the proof.
        pattern=r"^[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+\.[^@\s\x00-\x1f\x7f]+$",
        max_length=254,
        examples=["ada@example.com"],
    )
    lines: Annotated[list[NewLine], Field(min_length=1, max_length=50)]

    @field_validator("lines")
    @classmethod
    def _names_each_product_once(cls, lines: list[NewLine]) -> list[NewLine]:
        if len({line.product_id for line in lines}) < len(lines):
            raise ValueError("A product may stand in one line only: add the quantities")
        return lines


class OrderLine(BaseModel):
    """A line at the price of the moment that it was ordered."""

    line_no: int
    product_id: int
    product_name: str
    quantity: int
    unit_price_minor: MinorUnits


class Order(BaseModel):
    """An order as the shop took it."""

    id: UUID
    customer_email: str
    status: Literal["placed"]
    total_minor: MinorUnits
    currency: Currency
    created_at: datetime
    lines: list[OrderLine]
