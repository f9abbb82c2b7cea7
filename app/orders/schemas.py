"""What an order consists of."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

from app.accounts.schemas import EMAIL_PATTERN
from app.catalog.schemas import Currency, MinorUnits
from app.orders.states import State


class NewLine(BaseModel):
    """A product and how many of it."""

    model_config = ConfigDict(extra="forbid")

    product_id: Annotated[int, Field(ge=1, lt=2**63, strict=True)]
    quantity: Annotated[int, Field(ge=1, le=100, strict=True)]


class NewOrder(BaseModel):
    """What a customer sends."""

    model_config = ConfigDict(extra="forbid")

    customer_email: str = Field(
        pattern=EMAIL_PATTERN,
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

    @property
    def product_ids(self) -> list[int]:
        """Return what is ordered."""
        return [line.product_id for line in self.lines]

    @property
    def quantities(self) -> dict[int, int]:
        """Return how many are ordered, by product id."""
        return {line.product_id: line.quantity for line in self.lines}


class NewShipment(BaseModel):
    """How an order leaves the house."""

    model_config = ConfigDict(extra="forbid")

    courier_id: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9_-]{1,64}$",
        description="Who brings it: the subject of a courier's account",
    )


class OrderLine(BaseModel):
    """A line at the price of the moment that it was ordered."""

    line_no: int
    product_id: int
    product_name: str
    quantity: int
    unit_price_minor: MinorUnits


class OrderSummary(BaseModel):
    """An order as lists show it."""

    id: UUID
    status: State
    total_minor: MinorUnits
    currency: Currency
    created_at: datetime


class Order(OrderSummary):
    """An order with all that was agreed."""

    customer_id: UUID = Field(description="The account that placed it")
    customer_email: str
    courier_id: str | None = Field(None, description="Who brings it, once it is shipped by somebody we know")
    lines: list[OrderLine]


class OrderListQuery(BaseModel):
    """Which of the own orders to list."""

    cursor: UUID | None = Field(None, description="The `next` of the page before")
    limit: int = Field(20, ge=1, le=100, description="Orders a page")


class OrderPage(BaseModel):
    """Some orders, the newest first; `next` is the cursor of the page that follows, null on the last."""

    items: list[OrderSummary]
    next: UUID | None
