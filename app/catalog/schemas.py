"""What the catalog says of products."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MinorUnits = Annotated[int, Field(description="An amount in the currency's smallest unit", examples=[4_900])]
Currency = Annotated[str, Field(description="ISO 4217", examples=["EUR"])]


WITHOUT_NUL = r"^[^\x00]*$"  # a character that PostgreSQL's text cannot hold
Words = Annotated[str, Field(max_length=100, pattern=WITHOUT_NUL)]


class ListQuery(BaseModel):
    """Which products to list; everything may be left out."""

    q: Words | None = Field(None, description="Words that the product has, each of them possibly only begun")
    category: Words | None = Field(None, description="Only this category")
    cursor: str | None = Field(None, max_length=200, description="The `next` of the page before")
    limit: int = Field(20, ge=1, le=100, description="Products a page")


class Part(BaseModel):
    """A piece of text of a product that was searched for."""

    text: str
    matches: bool = Field(description="Whether the words that were searched for are here")


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


class FoundProduct(ProductSummary):
    """A product as lists show it; `highlights` say where a search found its words."""

    highlights: list[Part] | None = None


class Product(ProductSummary):
    """A product with everything that its page shows."""

    sku: str
    description: str
    created_at: datetime


class ProductPage(BaseModel):
    """Some products; `next` is the cursor of the page that follows, null on the last."""

    items: list[FoundProduct]
    next: str | None


Text = StringConstraints(strip_whitespace=True, min_length=1, pattern=WITHOUT_NUL)


class EditedProduct(BaseModel):
    """What an administrator says of a product."""

    model_config = ConfigDict(extra="forbid")

    sku: Annotated[str, Field(pattern=r"^[A-Z0-9][A-Z0-9-]{0,39}$", examples=["CER-001"])]
    name: Annotated[str, Text, Field(max_length=200)]
    description: Annotated[str, Text, Field(max_length=10_000)]
    category: Annotated[str, Text, Field(max_length=100)]
    price_minor: Annotated[int, Field(ge=0, lt=2**53, strict=True)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["EUR"])]
    image_path: Annotated[
        str, Field(pattern=r"^/media/[\w./-]{1,200}$", examples=["/media/products/CER-001.svg"])
    ]


class NewProduct(EditedProduct):
    """A product that is added, and how much of it there is."""

    stock: Annotated[int, Field(ge=0, lt=2**31, strict=True)] = 0


class StoredProduct(Product):
    """A product as administrators see it; `version` counts its edits."""

    version: int


class Categories(BaseModel):
    """The names of all categories that have products."""

    items: list[str]
