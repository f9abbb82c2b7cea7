"""What a report says."""

from collections.abc import Mapping
from datetime import date

from pydantic import AwareDatetime, BaseModel

from app.orders.states import State


class Takings(BaseModel):
    """What was paid for in one currency, in its minor unit; what was given back is not among it."""

    currency: str
    orders: int
    total_minor: int


class SoldProduct(BaseModel):
    """A product, and how many pieces of it were in orders that were paid."""

    product_id: int
    product_name: str
    pieces: int


class Report(BaseModel):
    """A day (UTC): the orders that were placed in it, and what had become of them when this was written."""

    day: date
    made_at: AwareDatetime
    orders: Mapping[State, int]
    takings: list[Takings]
    best_sellers: list[SoldProduct]
