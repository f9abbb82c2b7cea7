"""Each sale is counted once, in the minute and on the day of its payment, whatever is delivered how often."""

import json
import random
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.lambdas import aws_events
from tests.lambdas.aws_events import order_paid, sequence_number
from tests.lambdas.conftest import SALES_TABLE, Context

ColdStart = Callable[[str], ModuleType]
Client = Callable[[str], Any]
Counted = Callable[[], dict[tuple[str, str], tuple[int, int]]]
Invoke = Callable[..., list[str]]
NOON = "2025-11-24T12:00:30Z"


def empty(dynamodb: Any) -> None:
    for item in items(dynamodb):
        key = {name: item[name] for name in ("product_id", "window")}
        dynamodb.delete_item(TableName=SALES_TABLE, Key=key)


def items(dynamodb: Any) -> list[dict[str, Any]]:
    pages = dynamodb.get_paginator("scan").paginate(TableName=SALES_TABLE)
    return [item for page in pages for item in page["Items"]]


@pytest.fixture
def counted(client: Client) -> Iterator[Counted]:
    """Tells the pieces and the revenue by product and window of the table, which is empty at first."""
    dynamodb = client("dynamodb")
    empty(dynamodb)

    def counted() -> dict[tuple[str, str], tuple[int, int]]:
        return {
            (item["product_id"]["S"], item["window"]["S"]): (
                int(item["pieces"]["N"]),
                int(item["revenue_minor"]["N"]),
            )
            for item in items(dynamodb)
            if "pieces" in item
        }

    yield counted
    empty(dynamodb)


@pytest.fixture
def invoke(cold_start: ColdStart, counted: Counted) -> Invoke:
    """Hands records to the function, each with a key of its own; returns what comes again."""
    module = cold_start("sales_aggregator")

    def invoke(*records: bytes) -> list[str]:
        keys = [f"order-{number}" for number in range(len(records))]
        answer = module.handler(aws_events.kinesis(*records, keys=keys), Context())
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    return invoke


def test_sales_are_added_up_by_product_minute_day_and_currency(invoke: Invoke, counted: Counted) -> None:
    other = json.loads(order_paid((7, 1, 2200)))
    other["data"]["currency"] = "USD"

    assert (
        invoke(
            order_paid((7, 2, 1000), (8, 1, 500)),
            order_paid((7, 3, 900), occurred_at="2025-11-24T13:30:59.999+01:00"),
            json.dumps(other).encode(),
        )
        == []
    )

    assert counted() == {
        ("7", "minute#2025-11-24T12:00Z#EUR"): (2, 2000),
        ("7", "minute#2025-11-24T12:30Z#EUR"): (3, 2700),
        ("7", "day#2025-11-24#EUR"): (5, 4700),
        ("7", "minute#2025-11-24T12:00Z#USD"): (1, 2200),
        ("7", "day#2025-11-24#USD"): (1, 2200),
        ("8", "minute#2025-11-24T12:00Z#EUR"): (1, 500),
        ("8", "day#2025-11-24#EUR"): (1, 500),
    }


def test_a_late_sale_is_counted_where_it_belongs(invoke: Invoke, counted: Counted) -> None:
    invoke(order_paid((7, 1, 100), occurred_at="2025-11-25T00:00:10Z"))
    invoke(order_paid((7, 1, 100), occurred_at="2025-11-24T23:59:50Z"))

    assert {window for _, window in counted()} == {
        "minute#2025-11-25T00:00Z#EUR",
        "day#2025-11-25#EUR",
        "minute#2025-11-24T23:59Z#EUR",
        "day#2025-11-24#EUR",
    }


def test_a_sale_that_comes_again_is_not_counted_again(
    cold_start: ColdStart, invoke: Invoke, counted: Counted
) -> None:
    batch = [order_paid((7, 2, 1000)), order_paid((8, 1, 500))]
    invoke(batch[0], batch[0])
    before = counted()
    assert before[("7", "day#2025-11-24#EUR")] == (2, 2000)

    for _ in range(2):
        assert invoke(*batch) == []
        elsewhere = cold_start("sales_aggregator")
        elsewhere.handler(aws_events.kafka([("order", sale) for sale in batch]), Context())

    assert counted() == before | {
        ("8", "minute#2025-11-24T12:00Z#EUR"): (1, 500),
        ("8", "day#2025-11-24#EUR"): (1, 500),
    }


def test_an_order_of_as_many_products_as_the_shop_allows_is_counted_whole_and_once(
    invoke: Invoke, counted: Counted
) -> None:
    sale = order_paid(*((product, 1, 100) for product in range(1, 51)))
    for _ in range(2):
        assert invoke(sale) == []

    assert len(counted()) == 100
    assert set(counted().values()) == {(1, 100)}


def test_a_rush_for_one_product_is_a_few_transactions(
    cold_start: ColdStart, counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = cold_start("sales_aggregator")
    write = module.table._dynamodb.transact_write_items
    sizes: list[int] = []

    def watched(TransactItems: list[Any]) -> Any:  # noqa: N803 - boto3's name
        sizes.append(len(TransactItems))
        return write(TransactItems=TransactItems)

    monkeypatch.setattr(module.table._dynamodb, "transact_write_items", watched)
    module.handler(aws_events.kinesis(*(order_paid((7, 1, 100)) for _ in range(200))), Context())

    assert sizes == [100, 100, 6]
    assert counted()[("7", "day#2025-11-24#EUR")] == (200, 20_000)


def test_who_dies_after_some_transactions_counts_the_rest_when_the_batch_comes_again(
    cold_start: ColdStart, counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = cold_start("sales_aggregator")
    write = module.table._dynamodb.transact_write_items
    written: list[object] = []

    def dying(TransactItems: list[Any]) -> Any:  # noqa: N803 - boto3's name
        if len(written) == 1:
            raise TimeoutError
        written.append(write(TransactItems=TransactItems))

    batch = aws_events.kinesis(*(order_paid((number % 5, 1, 100)) for number in range(150)))
    with monkeypatch.context() as patch:
        patch.setattr(module.table._dynamodb, "transact_write_items", dying)
        with pytest.raises(TimeoutError):
            module.handler(batch, Context())
    assert sum(pieces for (_, window), (pieces, _) in counted().items() if window.startswith("day")) == 90

    module.handler(batch, Context())

    assert sum(pieces for (_, window), (pieces, _) in counted().items() if window.startswith("day")) == 150


def refusing(module: ModuleType, codes: list[str], times: int) -> Callable[..., Any]:
    """The transaction, refused for these reasons at first."""
    client = module.table._dynamodb
    write, refused = client.transact_write_items, iter(range(times))

    def refuse(TransactItems: list[Any]) -> Any:  # noqa: N803 - boto3's name
        if next(refused, None) is None:
            return write(TransactItems=TransactItems)
        reasons = [{"Code": code} for code in codes] + [{"Code": "None"}] * (len(TransactItems) - len(codes))
        response = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
        raise client.exceptions.TransactionCanceledException(response, "TransactWriteItems")

    return refuse


@pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError"])
def test_who_meets_others_at_a_window_tries_again(
    cold_start: ColdStart, counted: Counted, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    module = cold_start("sales_aggregator")
    refuse = refusing(module, ["None", code], times=3)
    monkeypatch.setattr(module.table._dynamodb, "transact_write_items", refuse)

    module.handler(aws_events.kinesis(order_paid((7, 2, 1000))), Context())

    assert counted()[("7", "day#2025-11-24#EUR")] == (2, 2000)


def test_who_meets_others_too_often_has_the_batch_come_again(
    cold_start: ColdStart, counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = cold_start("sales_aggregator")
    refuse = refusing(module, ["None", "TransactionConflict"], times=100)
    monkeypatch.setattr(module.table._dynamodb, "transact_write_items", refuse)

    with pytest.raises(Exception, match="could not be counted in 6 tries: None, TransactionConflict"):
        module.handler(aws_events.kinesis(order_paid()), Context())
    assert counted() == {}


def test_items_end_with_the_time_that_they_are_kept(invoke: Invoke, client: Client, counted: Counted) -> None:
    invoke(order_paid())
    kinds = {item["window"]["S"].partition("#")[0]: item for item in items(client("dynamodb"))}

    assert set(kinds) == {"minute", "day", "counted"}
    expires = {kind: int(item["expires_at"]["N"]) for kind, item in kinds.items()}
    assert expires["minute"] < expires["day"]
    assert expires["counted"] > 1764000000


MALFORMED = [
    b"",
    b"not JSON",
    b"[]",
    b"null",
    b"{}",
    b"[" * 100_000,
    order_paid(type="order.placed"),
    order_paid(version=2),
    order_paid(id="7"),
    order_paid(occurred_at="yesterday"),
    order_paid(occurred_at="2025-11-24T12:00:00"),
    order_paid(occurred_at=7),
    order_paid(data=None),
    order_paid(data={}),
    order_paid(data={"currency": "EUR", "lines": []}),
    order_paid(data={"currency": "EUR", "lines": "none"}),
    order_paid(data={"currency": "EUR", "lines": [7]}),
    order_paid(data={"currency": "euro", "lines": [{"product_id": 1, "quantity": 1, "unit_price_minor": 1}]}),
    order_paid((-1, 1, 1)),
    order_paid((1, -1, 1)),
    order_paid((1, 1, 10**16)),
    order_paid(("7", 1, 1)),  # type: ignore[arg-type] # that is what is wrong with it
    order_paid((7, 1.5, 1)),  # type: ignore[arg-type]
    order_paid((7, True, 1)),
    order_paid(*[(7, 1, 1)] * 51),
]


@pytest.mark.parametrize("malformed", MALFORMED, ids=range(len(MALFORMED)))
def test_a_malformed_event_is_named_and_the_others_are_counted(
    invoke: Invoke, counted: Counted, malformed: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    assert invoke(order_paid((7, 1, 100)), malformed, order_paid((8, 1, 100))) == [sequence_number(1)]

    assert {product for product, _ in counted()} == {"7", "8"}
    [error] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert error.message == "malformed event"
    assert vars(error)["place"] == sequence_number(1)


def test_a_malformed_event_of_kafka_is_named_by_partition_and_offset(
    cold_start: ColdStart, counted: Counted
) -> None:
    event = aws_events.kafka([("a", order_paid((7, 1, 100)))], [("b", b"{}"), ("c", order_paid((8, 1, 100)))])

    answer = cold_start("sales_aggregator").handler(event, Context())

    assert answer == {"batchItemFailures": [{"itemIdentifier": {"partition": "events-1", "offset": 15}}]}
    assert {product for product, _ in counted()} == {"7", "8"}


@given(
    sold=st.lists(st.tuples(st.integers(1, 3), st.integers(1, 5)), min_size=1, max_size=12),
    seed=st.randoms(use_true_random=False),
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_sales_are_cut_repeated_and_shuffled_the_sums_are_the_same(
    invoke: Invoke, counted: Counted, client: Client, sold: list[tuple[int, int]], seed: random.Random
) -> None:
    empty(client("dynamodb"))
    sales = [order_paid((product, quantity, 100)) for product, quantity in sold]
    delivered = sales + seed.choices(sales, k=5)
    seed.shuffle(delivered)
    while delivered:
        size = seed.randint(1, len(delivered))
        assert invoke(*delivered[:size]) == []
        del delivered[:size]

    for product in {product for product, _ in sold}:
        pieces = sum(quantity for other, quantity in sold if other == product)
        assert counted()[(str(product), "day#2025-11-24#EUR")] == (pieces, pieces * 100)
