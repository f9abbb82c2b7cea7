"""A shop that is killed while the money of a payment is taken."""

from pathlib import Path

import httpx

from tests.app.server import serving
from tests.app.shop import Arrange, Headers, place
from tests.waiting import PATIENCE, until_async

SLOW = "4000000000003220"
CAPTURED = "SELECT count(*) FROM sandbox_ledger WHERE operation = 'capture'"
LONG_AGO = "UPDATE payments SET tried_at = '-infinity'"


async def test_a_shop_that_is_killed_after_the_charge_and_before_the_commit_finds_it_done(
    variables: dict[str, str], arrange: Arrange, tmp_path: Path, ada: Headers
) -> None:
    product = await arrange.product(stock=10)
    with serving(variables, tmp_path) as served:
        async with httpx.AsyncClient(base_url=served.url, timeout=PATIENCE) as shop:
            path = (await place(shop, ada, (product, 1))).headers["location"]
            paid = await shop.post(f"{path}/payment", json={"card_number": SLOW}, headers=ada)
            await arrange.connection.execute(LONG_AGO)
            await until_async(lambda: arrange.value(CAPTURED))
            served.kill()
    [left] = await arrange.rows("SELECT p.status AS payment, o.status AS order FROM payments p, orders o")
    await arrange.connection.execute(LONG_AGO)

    with serving(variables, tmp_path):
        await until_async(lambda: arrange.value("SELECT status = 'captured' FROM payments"))

    assert paid.json()["status"] == "authorised"
    assert left == {"payment": "authorised", "order": "placed"}
    assert await arrange.value("SELECT status FROM orders") == "paid"
    assert await arrange.value(CAPTURED) == 1
