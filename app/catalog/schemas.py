"""What the catalog says of products."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

MinorUnits = Annotated[int, Field(description="An amount in the currency's smallest unit", examples=[4_900])]
Currency = Annotated[str, Field(description="ISO 4217", examples=["EUR"])]


# PostgreSQL's text cannot hold the character NUL.
Words = Annotated[str, Field(max_length=100, pattern=r"^[^\x00]*$")]


class ListQuery(BaseModel):
    """Which products to list; everything may be left out."""

    q: Words | None = Field(None, description="Words that the product has, each of them possibly only begun")
    category: Words | None = Field(None, description="Only this category")
    cursor: str | None = Field(None, max_length=200, description="The `next` of the page before")
    limit: int = Field(20, ge=1, le=100, description="Products a page")


class ProductSummary(BaseModel):
    """A product as lists show it."""

    id: int
    name: str
    category: str
    price_minor: MinorUnits
    currency: Currency
    image_path: str = Field(
        description="Path of the picture at the site", examples=["/media/products/cup-1.svg"]
    )
    stock: int


class Product(ProductSummary):
    """A product with everything that its page shows."""

    sku: str
    description: str
    created_at: datetime


class ProductPage(BaseModel):
    """Some products; `next` is the cursor of the page that follows, null on the last."""

    items: list[ProductSummary]
    next: str | None


class Categories(BaseModel):
    """The names of all categories that have products."""

    items: list[str]
