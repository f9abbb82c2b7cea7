"""Following orders: what streams say, over a real server."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.app.server import Served, serving
from tests.app.shop import Arrange, Headers, place
from tests.app.tokens import Issuer
from tests.waiting import PATIENCE

Event = tuple[str, dict[str, Any]]


@pytest.fixture
def served(variables: dict[str, str], arrange: Arrange, tmp_path: Path) -> Iterator[Served]:
    """An instance, which relays."""
    with serving(variables, tmp_path) as found:
        yield found


@asynccontextmanager
async def following(
    shop: httpx.AsyncClient, order_id: str, who: Headers
) -> AsyncIterator[AsyncIterator[Event]]:
    """Follow an order for the block, and yield its events."""
    async with shop.stream("GET", f"/orders/{order_id}/events", headers=who) as answer:
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        yield events(answer)


async def events(answer: httpx.Response) -> AsyncIterator[Event]:
    """Yield the events of a stream, each its type and its data."""
    type_ = ""
    async for line in answer.aiter_lines():
        field, _, value = line.partition(": ")
        if field == "event":
            type_ = value
        elif field == "data":
            yield type_, json.loads(value)


async def test_a_stream_tells_each_state_and_where_the_courier_is_while_the_order_is_on_its_way(
    served: Served, arrange: Arrange, issuer: Issuer, ada: Headers, staff: Headers
) -> None:
    product = await arrange.product()
    courier, admin = str(uuid4()), issuer.bearer(None, "admin")
    here = f"/couriers/{courier}/positions"
    async with httpx.AsyncClient(base_url=served.url, timeout=PATIENCE) as shop:
        placed = (await place(shop, ada, (product, 1))).json()
        path = f"/orders/{placed['id']}"
        async with following(shop, placed["id"], ada) as stream:
            assert await anext(stream) == ("order", placed)

            paid = await shop.post(f"{path}/payment", json={"card_number": "4242424242424242"}, headers=ada)
            assert paid.status_code == 201
            shown: Event = ("", {})
            await arrange.connection.execute("UPDATE orders SET status = 'paid'")
            shipped = await shop.post(f"{path}/shipment", json={"courier_id": courier}, headers=staff)
            assert shipped.json()["courier_id"] == courier
            while shown[1].get("status") != "shipped":
                shown = await anext(stream)
            assert shown == ("order", shipped.json())

            place_of_it = {"latitude": 52.5, "longitude": 13.4, "recorded_at": "2026-01-02T03:04:05Z"}
            assert (await shop.post(here, json=place_of_it, headers=admin)).status_code == 202
            assert await anext(stream) == ("position", place_of_it)

            delivered = await shop.post(f"{path}/delivery", headers=staff)
            assert await anext(stream) == ("order", delivered.json())
            await shop.post(here, json={"latitude": 0, "longitude": 0}, headers=admin)
            served.process.terminate()
            assert [event async for event in stream] == []
        served.process.wait(PATIENCE)
