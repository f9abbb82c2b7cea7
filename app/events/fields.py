"""What several events have in common: fields with their meaning, and what stands for them in examples."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

OrderId = Annotated[UUID, Field(description="The order")]
ProductId = Annotated[int, Field(ge=1, description="The product")]
Quantity = Annotated[int, Field(ge=1, description="Pieces of it")]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 code of the amounts' currency")]

EXAMPLE_ORDER = UUID("01980f10-7a3d-7a2b-9c44-5e6f7a8b9c0d")
EXAMPLE_CUSTOMER = UUID("3f0d1a52-6c1b-4a8e-9d55-0b7f5c2e1a90")
EXAMPLE_PAYMENT = UUID("01980f10-9b10-7a2b-8b6d-1f2e3d4c5b6a")


class Line(BaseModel):
    """A product and how many of it."""

    model_config = ConfigDict(frozen=True)

    product_id: ProductId
    quantity: Quantity


class PricedLine(Line):
    """The same, at the price of the moment that it was ordered."""

    unit_price_minor: int = Field(
        ge=0, description="Price of a piece in the currency's smallest unit, such as cents"
    )
