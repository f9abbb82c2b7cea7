"""What the tests of the shop arrange and look at, past the application."""

from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from asyncpg import Connection, Record


class Arrange:
    """A connection of the test's own to the shop's database."""

    def __init__(self, connection: "Connection[Record]") -> None:
        self.connection = connection

    async def product(self, number: int = 1, **columns: Any) -> int:
        """Add a product and return its id."""
        row = {
            "sku": f"SKU-{number}",
            "name": f"Product {number}",
            "description": "A thing to have",
            "category": "things",
            "price_minor": 1_000,
            "currency": "EUR",
            "image_path": f"/media/products/SKU-{number}.svg",
            "stock": 10,
        } | columns
        places = ", ".join(f"${place}" for place in range(1, len(row) + 1))
        statement = f"INSERT INTO products ({', '.join(row)}) VALUES ({places}) RETURNING id"  # noqa: S608 - our names
        return int(await self.connection.fetchval(statement, *row.values()))

    async def value(self, sql: str, *values: object) -> Any:
        """Return the first column of the first row."""
        return await self.connection.fetchval(sql, *values)

    async def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """Return all rows."""
        return [dict(row) for row in await self.connection.fetch(sql, *values)]


def order(*lines: tuple[int, int], email: str = "ada@example.com") -> dict[str, Any]:
    """Return the body of an order of (product id, quantity) lines."""
    return {
        "customer_email": email,
        "lines": [{"product_id": product_id, "quantity": quantity} for product_id, quantity in lines],
    }


def client(variables: dict[str, str], service: str) -> Any:
    """Return a boto3 client for the local AWS."""
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=variables["AWS_ENDPOINT_URL"],
        region_name=variables["AWS_REGION"],
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
    )
