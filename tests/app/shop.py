"""What the tests of the shop arrange and look at, past the application."""

import functools
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
import httpx
from botocore.exceptions import ClientError

from app.platform.aws import Aws

if TYPE_CHECKING:
    import pytest
    from asyncpg import Connection, Record
    from fastapi import FastAPI


Headers = dict[str, str]  # of a request: who makes it
ADA = uuid.UUID(int=1)  # a customer's account


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


async def place(
    shop: httpx.AsyncClient,
    who: Headers,
    *lines: tuple[int, int],
    key: str = "",
    email: str = "ada@example.com",
) -> httpx.Response:
    """Place an order of (product id, quantity) lines, under a key of its own if none is given."""
    headers = who | {"idempotency-key": key or str(uuid.uuid4())}
    return await shop.post("/orders", json=order(*lines, email=email), headers=headers)


def client(variables: dict[str, str], service: str) -> Any:
    """Return a boto3 client for the local AWS."""
    return _client(service, variables["AWS_ENDPOINT_URL"], variables["AWS_REGION"])


@functools.cache  # making one takes longer than most calls
def _client(service: str, endpoint: str, region: str) -> Any:
    session: Any = boto3.session.Session("local", "local", region_name=region)
    return session.client(service, endpoint_url=endpoint)


@contextmanager
def throttled(patch: "pytest.MonkeyPatch") -> Iterator[None]:
    """Have AWS refuse every call until the block ends, as it does with who asks too much."""

    def refuse(*_: object) -> None:
        response = {
            "Error": {"Code": "ProvisionedThroughputExceededException", "Message": "slow down"},
            "ResponseMetadata": {"HTTPStatusCode": 400},
        }
        raise ClientError(response, "PutItem")  # type: ignore[arg-type] # what the shop looks at

    with patch.context() as inside:
        inside.setattr(Aws, "_call", refuse)
        yield


def client_of(application: "FastAPI") -> httpx.AsyncClient:
    """Return a client that calls the application without a server between them."""
    transport = httpx.ASGITransport(application, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://shop")
