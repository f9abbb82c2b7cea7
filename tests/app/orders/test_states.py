"""The states of an order: what may follow what, over HTTP and in the table."""

import asyncio
import itertools
from collections import Counter
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.orders import states
from app.orders.states import NEXT, STATES, IllegalTransitionError, State
from tests.app.shop import Arrange, Headers, place
from tests.app.tokens import Issuer

WAYS: dict[str, State] = {"cancellation": "cancelled", "shipment": "shipped", "delivery": "delivered"}


@pytest.mark.parametrize(("state", "following"), list(itertools.product(STATES, STATES)))
def test_what_the_table_does_not_name_is_refused_with_what_it_does(state: State, following: State) -> None:
    if following in NEXT[state]:
        states.require(state, following)
        return
    with pytest.raises(IllegalTransitionError) as refused:
        states.require(state, following)
    assert refused.value.extensions == {"state": state, "allowed": list(NEXT[state])}


@given(st.lists(st.sampled_from(STATES)))
def test_no_way_leads_back_and_each_ends(wishes: list[State]) -> None:
    path: list[State] = ["placed"]
    for wish in wishes:
        if wish in NEXT[path[-1]]:
            path.append(wish)

    assert len(set(path)) == len(path)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("state", STATES)
async def test_a_transition_is_written_with_its_event_or_refused_without_a_trace(
    shop: httpx.AsyncClient, arrange: Arrange, ada: Headers, staff: Headers, *, state: State, way: str
) -> None:
    placed = (await place(shop, ada, (await arrange.product(), 1))).json()
    await arrange.connection.execute("UPDATE orders SET status = $1", state)
    await arrange.connection.execute("DELETE FROM outbox")

    answer = await shop.post(f"/orders/{placed['id']}/{way}", headers=staff)

    events = await arrange.rows("SELECT type, aggregate_id FROM outbox")
    if (following := WAYS[way]) in NEXT[state]:
        assert answer.json() == placed | {"status": following}
        assert await arrange.value("SELECT status FROM orders") == following
        assert events == [{"type": f"order.{following}", "aggregate_id": placed["id"]}]
    else:
        assert answer.status_code == 409
        problem = answer.json()
        assert problem["type"] == "/problems/illegal-transition"
        assert (problem["state"], problem["allowed"]) == (state, list(NEXT[state]))
        assert f"An order that is {state} cannot become {following}" in problem["detail"]
        assert await arrange.value("SELECT status FROM orders") == state
        assert events == []


async def test_only_who_placed_an_order_and_staff_cancel_it_and_only_staff_say_what_became_of_it(
    shop: httpx.AsyncClient, arrange: Arrange, ada: Headers, issuer: Issuer
) -> None:
    path = (await place(shop, ada, (await arrange.product(), 1))).headers["location"]

    other = await shop.post(f"{path}/cancellation", headers=issuer.bearer(UUID(int=2)))
    shipped = await shop.post(f"{path}/shipment", headers=ada)
    delivered = await shop.post(f"{path}/delivery", headers=ada)

    assert (other.status_code, shipped.status_code, delivered.status_code) == (404, 403, 403)
    assert (await shop.post(f"{path}/cancellation", headers=ada)).json()["status"] == "cancelled"


async def test_of_many_who_cancel_at_once_one_does_and_the_stock_returns_once(
    shop: httpx.AsyncClient, arrange: Arrange, ada: Headers
) -> None:
    path = (await place(shop, ada, (await arrange.product(stock=10), 4))).headers["location"]

    answers = await asyncio.gather(*(shop.post(f"{path}/cancellation", headers=ada) for _ in range(10)))

    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 9}
    assert await arrange.value("SELECT stock FROM products") == 10
    assert await arrange.value("SELECT count(*) FROM outbox WHERE type = 'order.cancelled'") == 1


async def test_what_was_shipped_does_not_come_back(
    shop: httpx.AsyncClient, arrange: Arrange, ada: Headers, staff: Headers
) -> None:
    path = (await place(shop, ada, (await arrange.product(stock=10), 4))).headers["location"]
    await arrange.connection.execute("UPDATE orders SET status = 'paid'")

    await shop.post(f"{path}/shipment", headers=staff)
    too_late = await shop.post(f"{path}/cancellation", headers=ada)

    assert too_late.status_code == 409
    assert await arrange.value("SELECT count(*) FROM reservations") == 0
    assert await arrange.value("SELECT stock FROM products") == 6
