"""What is said of products that sell well."""

from typing import Literal

from pydantic import BaseModel, Field

from app.catalog.schemas import ProductSummary

Window = Literal["today", "week"]


class BestSeller(ProductSummary):
    """A product, and how often it was bought."""

    sold: int = Field(description="Pieces in paid orders of the window")


class BestSellers(BaseModel):
    """The products that were bought most often, the first one most."""

    window: Window = Field(description="Today, or it and the six days before; a day is one of UTC")
    items: list[BestSeller]
