"""What happens to products."""

from typing import ClassVar, Self

from pydantic import Field

from app.events.contract import Consumer, EventData, Pattern
from app.events.fields import ProductId


class StockLow(EventData):
    """An order left fewer pieces of a product than whoever buys for the shop wants to see."""

    type: ClassVar[str] = "stock.low"
    pattern: ClassVar[Pattern] = "state transfer"

    product_id: ProductId
    stock: int = Field(ge=0, description="Pieces that are left")

    @property
    def aggregate_id(self) -> str:
        """Return the product's id, told apart from those of the catalogue's events."""
        return f"product-{self.product_id}"

    @classmethod
    def example(cls) -> Self:
        """Return one."""
        return cls(product_id=42, stock=3)


class ProductChanged(EventData):
    """A product was added, edited or deleted."""

    type: ClassVar[str] = "product.changed"
    pattern: ClassVar[Pattern] = "notification"
    consumers: ClassVar[tuple[Consumer, ...]] = (
        Consumer("the relay", "notification", "drops the product from the cache before it publishes"),
    )

    product_id: ProductId

    @property
    def aggregate_id(self) -> str:
        """Return the product's id."""
        return str(self.product_id)

    @classmethod
    def example(cls) -> Self:
        """Return one."""
        return cls(product_id=42)
