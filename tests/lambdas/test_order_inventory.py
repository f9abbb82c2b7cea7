"""What orders take out of the stock, and what comes back, is booked once each."""

import random
from collections.abc import Callable
from datetime import UTC, datetime
from types import ModuleType
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.lambdas import aws_events
from tests.lambdas.aws_events import order_event
from tests.lambdas.conftest import Context

Rows = Callable[..., list[list[Any]]]
ColdStart = Callable[[str], ModuleType]
Invoke = Callable[..., list[str]]

ORDER = UUID("0197a000-0000-7000-8000-000000000001")
BOOKED = "SELECT order_id, product_id, quantity, kind FROM stock_movements ORDER BY 1, 2, 3"
SUMS = "SELECT product_id, sum(quantity)::bigint FROM stock_movements GROUP BY 1 ORDER BY 1"


@pytest.fixture
def invoke(cold_start: ColdStart, rows: Rows) -> Invoke:
    """Hands messages to one execution environment; returns the ids of those that it did not handle."""
    module = cold_start("order_inventory")

    def invoke(*bodies: str) -> list[str]:
        answer = module.handler(aws_events.sqs(*bodies), Context())
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    return invoke


def placed(*lines: tuple[int, int], order_id: UUID = ORDER, **changes: Any) -> str:
    return order_event("order.placed", order_id, {"lines": said(*lines)}, **changes)


def cancelled(*lines: tuple[int, int], order_id: UUID = ORDER) -> str:
    return order_event("order.cancelled", order_id, {"lines": said(*lines)})


def said(*lines: tuple[int, int]) -> list[dict[str, int]]:
    return [{"product_id": product, "quantity": quantity} for product, quantity in lines]


def test_what_is_sold_leaves_the_stock_and_what_is_cancelled_comes_back(invoke: Invoke, rows: Rows) -> None:
    assert invoke(placed((7, 2), (8, 1)), cancelled((7, 2), (8, 1))) == []

    assert rows(BOOKED) == [
        [ORDER, 7, -2, "sold"],
        [ORDER, 7, 2, "returned"],
        [ORDER, 8, -1, "sold"],
        [ORDER, 8, 1, "returned"],
    ]


def test_a_movement_is_of_the_moment_that_the_order_was_placed(invoke: Invoke, rows: Rows) -> None:
    invoke(placed((7, 2)))
    assert rows("SELECT occurred_at FROM stock_movements") == [[datetime(2025, 11, 24, 12, 0, 0, 1, UTC)]]


def test_an_event_that_is_delivered_again_books_nothing(
    cold_start: ColdStart, invoke: Invoke, rows: Rows
) -> None:
    message = placed((7, 2), (8, 1))
    invoke(message, message)
    another = cold_start("order_inventory")
    another.handler(aws_events.sqs(message), Context())

    assert rows(SUMS) == [[7, -2], [8, -1]]


def test_a_cancellation_that_overtakes_its_order_leaves_the_same_sum(invoke: Invoke, rows: Rows) -> None:
    invoke(cancelled((7, 2)))
    invoke(placed((7, 2)))
    assert rows(SUMS) == [[7, 0]]


def test_an_event_is_booked_as_a_whole_or_not_at_all(invoke: Invoke, rows: Rows) -> None:
    rows("ALTER TABLE stock_movements ADD CONSTRAINT refused CHECK (product_id <> 8)")
    try:
        message = placed((7, 2), (8, 1))
        assert invoke(message) == ["message-0"]
        assert rows(BOOKED) == []
    finally:
        rows("ALTER TABLE stock_movements DROP CONSTRAINT refused")
    assert invoke(message) == []
    assert rows(SUMS) == [[7, -2], [8, -1]]


def test_lines_of_one_product_are_one_movement(invoke: Invoke, rows: Rows) -> None:
    invoke(placed((7, 2), (7, 3)))
    assert rows(SUMS) == [[7, -5]]


def test_fields_that_came_later_are_not_in_the_way(invoke: Invoke, rows: Rows) -> None:
    data = {"lines": [{"product_id": 7, "quantity": 2, "name": "Cup"}], "gift": True}
    assert invoke(order_event("order.placed", ORDER, data, trace="x")) == []
    assert rows(SUMS) == [[7, -2]]


@pytest.mark.parametrize(
    ("poison", "reason"),
    [
        ("{", "not an event"),
        ("[" * 100_000, "not an event"),
        (order_event("order.shipped", ORDER), "understood is order.placed or order.cancelled in version 1"),
        (placed((7, 2), version=2), "not ('order.placed', 2)"),
        (placed((7, 2), occurred_at="2025-11-24T12:00:00"), "has no time zone"),
        (order_event("order.placed", ORDER), "KeyError('lines')"),
        (placed(), "it has no lines"),
        (placed((0, 1)), "product_id 0 is not a whole number"),
        (placed((7, 0)), "quantity 0 is not a whole number"),
        (placed((7, -2)), "quantity -2 is not a whole number"),
        (placed((2**63, 1)), "is not a whole number from 1 to"),
        (order_event("order.placed", ORDER, {"lines": said((7, True))}), "quantity True"),
        (order_event("order.placed", "7", {"lines": said((7, 1))}), "badly formed"),
    ],
    ids=range(13),
)
def test_what_no_retry_can_mend_is_refused_with_the_reason_and_the_rest_booked(
    invoke: Invoke, rows: Rows, poison: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert invoke(placed((7, 1)), poison, cancelled((7, 1))) == ["message-1"]

    assert rows("SELECT count(*) FROM stock_movements") == [[2]]
    [record] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.exc_info is not None
    assert reason in str(record.exc_info[1])


def test_while_the_database_is_away_every_message_is_to_come_again(
    cold_start: ColdStart, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_WRITER", "127.0.0.1:9")
    answer = cold_start("order_inventory").handler(aws_events.sqs(placed((7, 1)), placed((7, 1))), Context())
    assert len(answer["batchItemFailures"]) == 2


@given(
    orders=st.lists(
        st.tuples(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 5)), min_size=1), st.booleans()),
        min_size=1,
        max_size=8,
    ),
    chance=st.randoms(use_true_random=False),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_events_are_cut_repeated_and_shuffled_the_books_balance(
    invoke: Invoke, rows: Rows, orders: list[tuple[list[tuple[int, int]], bool]], chance: random.Random
) -> None:
    rows("TRUNCATE stock_movements")
    expected: dict[int, int] = {}
    messages = []
    for lines, comes_back in orders:
        order_id = uuid4()
        messages.append(placed(*lines, order_id=order_id))
        if comes_back:
            messages.append(cancelled(*lines, order_id=order_id))
        for product, quantity in lines:
            expected[product] = expected.get(product, 0) - (0 if comes_back else quantity)
    delivered = messages + chance.choices(messages, k=5)
    chance.shuffle(delivered)
    while delivered:
        size = chance.randint(1, 10)
        assert invoke(*delivered[:size]) == []
        del delivered[:size]

    assert rows(SUMS) == [[product, expected[product]] for product in sorted(expected)]
    assert rows("SELECT count(DISTINCT event_id) FROM stock_movements") == [[len(messages)]]
