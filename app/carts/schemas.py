"""What a cart looks like from outside."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

LARGEST_QUANTITY = 100
MOST_LINES = 50  # as many as an order has

Quantity = Annotated[int, Field(ge=1, le=LARGEST_QUANTITY, strict=True)]


class Line(BaseModel):
    """A product and how many of it. What it costs and looks like, the catalog says."""

    model_config = ConfigDict(extra="forbid")

    product_id: Annotated[int, Field(ge=1, lt=2**63, strict=True)]
    quantity: Quantity


class NewQuantity(BaseModel):
    """How many of a product the cart is to hold."""

    model_config = ConfigDict(extra="forbid")

    quantity: Quantity


class CartLine(BaseModel):
    """A product in the cart. Merged from two regions, it may be more than may be ordered."""

    product_id: int
    quantity: int


class CartView(BaseModel):
    """What is in the cart, by product."""

    lines: list[CartLine]
