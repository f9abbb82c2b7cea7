"""A shop that is killed while a payment is under way."""

import asyncio
from pathlib import Path

import httpx
import pytest

from tests.app.server import serving
from tests.app.shop import Arrange, Headers, place
from tests.waiting import PATIENCE, until_async

SLOW = "4000000000003220"
CAPTURED = "SELECT count(*) FROM sandbox_ledger WHERE operation = 'capture'"


async def test_a_shop_that_is_killed_after_the_charge_and_before_the_commit_finds_it_done(
    variables: dict[str, str], arrange: Arrange, tmp_path: Path, ada: Headers
) -> None:
    product = await arrange.product(stock=10)
    with serving(variables, tmp_path) as served:
        async with httpx.AsyncClient(base_url=served.url, timeout=PATIENCE) as shop:
            path = (await place(shop, ada, (product, 1))).headers["location"]
            body = {"card_number": SLOW}
            paying = asyncio.create_task(shop.post(f"{path}/payment", json=body, headers=ada))
            await until_async(lambda: arrange.value(CAPTURED))
            served.kill()
            with pytest.raises(httpx.TransportError):
                await paying
    [left] = await arrange.rows("SELECT p.status AS payment, o.status AS order FROM payments p, orders o")
    await arrange.connection.execute("UPDATE payments SET tried_at = '-infinity'")

    with serving(variables, tmp_path):
        await until_async(lambda: arrange.value("SELECT status = 'captured' FROM payments"))

    assert left == {"payment": "pending", "order": "placed"}
    assert await arrange.value("SELECT status FROM orders") == "paid"
    assert await arrange.value(CAPTURED) == 1
