"""Positions are stored once each, and the newest of a courier never goes back in time."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.lambdas import aws_events
from tests.lambdas.aws_events import position, sequence_number
from tests.lambdas.conftest import Context

Rows = Callable[..., list[list[Any]]]
ColdStart = Callable[[str], ModuleType]
Invoke = Callable[..., list[str]]
NOON = datetime(2025, 11, 24, 12, tzinfo=UTC)
STORED = "SELECT courier_id, recorded_at, latitude, longitude FROM courier_positions ORDER BY 1, 2"
NEWEST = "SELECT courier_id, recorded_at, latitude, longitude FROM courier_latest ORDER BY 1"
# The transaction that wrote each row.
WRITTEN = "SELECT xmin::text FROM courier_positions UNION ALL SELECT xmin::text FROM courier_latest"


@pytest.fixture
def invoke(cold_start: ColdStart, rows: Rows) -> Invoke:
    """Hands records to the function; returns the sequence number to go on from, if there is one."""
    module = cold_start("position_writer")

    def invoke(*records: bytes) -> list[str]:
        answer = module.handler(aws_events.kinesis(*records), Context())
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    return invoke


def at(minute: int, courier: str = "c-1", latitude: float = 52.5) -> bytes:
    return position(courier, recorded_at=(NOON + timedelta(minutes=minute)).isoformat(), latitude=latitude)


def latest(rows: Rows) -> dict[str, int]:
    """Each courier's newest minute."""
    newest = rows("SELECT courier_id, recorded_at FROM courier_latest")
    return {courier: (recorded_at - NOON) // timedelta(minutes=1) for courier, recorded_at in newest}


def test_a_batch_is_stored_and_the_newest_of_each_courier_kept(invoke: Invoke, rows: Rows) -> None:
    assert invoke(at(1, "c-1"), at(1, "c-2", 48.1), at(2, "c-1", 52.6)) == []

    first, second = NOON + timedelta(minutes=1), NOON + timedelta(minutes=2)
    assert rows(STORED) == [
        ["c-1", first, 52.5, 13.405],
        ["c-1", second, 52.6, 13.405],
        ["c-2", first, 48.1, 13.405],
    ]
    assert rows(NEWEST) == [["c-1", second, 52.6, 13.405], ["c-2", first, 48.1, 13.405]]


def test_a_batch_is_one_transaction(invoke: Invoke, rows: Rows) -> None:
    invoke(*(at(minute, f"c-{minute % 7}") for minute in range(100)))
    transactions = (
        "SELECT DISTINCT xmin::text FROM courier_positions UNION SELECT xmin::text FROM courier_latest"
    )
    assert len(rows(transactions)) == 1


def test_a_batch_that_is_delivered_again_changes_nothing(invoke: Invoke, rows: Rows) -> None:
    batch = [at(1), at(2), at(2), at(3, "c-2")]
    invoke(*batch)
    before = (rows(STORED), rows(NEWEST), rows(WRITTEN))

    assert invoke(*batch) == []

    assert (rows(STORED), rows(NEWEST), rows(WRITTEN)) == before


def test_a_late_position_is_stored_and_does_not_move_the_newest_back(invoke: Invoke, rows: Rows) -> None:
    invoke(at(5), at(3))
    invoke(at(4), at(1))
    assert latest(rows) == {"c-1": 5}
    assert rows("SELECT count(*) FROM courier_positions") == [[4]]


def test_of_two_positions_at_one_time_the_first_stays(invoke: Invoke, rows: Rows) -> None:
    invoke(at(1, latitude=1.0), at(1, latitude=2.0))
    invoke(at(1, latitude=3.0))
    [[*_, stored, _]], [[*_, newest, _]] = rows(STORED), rows(NEWEST)
    assert (stored, newest) == (1.0, 1.0)


@given(
    minutes=st.lists(
        st.tuples(st.sampled_from(["c-1", "c-2", "c-3"]), st.integers(0, 9)), min_size=1, max_size=20
    ),
    seed=st.randoms(use_true_random=False),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_records_are_cut_repeated_and_shuffled_the_outcome_is_the_same(
    invoke: Invoke, rows: Rows, minutes: list[tuple[str, int]], seed: random.Random
) -> None:
    rows("TRUNCATE courier_positions, courier_latest")
    delivered = minutes + seed.choices(minutes, k=5)
    seed.shuffle(delivered)
    while delivered:
        size = seed.randint(1, len(delivered))
        assert invoke(*(at(minute, courier) for courier, minute in delivered[:size])) == []
        del delivered[:size]

    assert rows("SELECT count(*) FROM courier_positions") == [[len(set(minutes))]]
    assert latest(rows) == {
        courier: max(minute for who, minute in minutes if who == courier) for courier, _ in minutes
    }


MALFORMED = [
    b"",
    b"\xff\xfe",
    b"not JSON",
    b"[]",
    b'"text"',
    b"null",
    b"{}",
    b"[" * 100_000,
    position(""),
    position("a\0b"),
    position("x" * 257),
    position("\ud800"),
    position(courier_id=7),  # type: ignore[arg-type] # that is what is wrong with it
    position(recorded_at="yesterday"),
    position(recorded_at="2025-11-24T12:00:00"),
    position(recorded_at=1764000000),
    position(recorded_at="0001-01-01T00:00:00+14:00"),
    position(latitude=90.1),
    position(latitude="52.5"),
    position(latitude=True),
    position(latitude=None),
    position(latitude=float("nan")),
    position(longitude=-180.1),
    position(longitude=10**400),
    position(longitude=float("inf")),
]


@pytest.mark.parametrize("malformed", MALFORMED, ids=range(len(MALFORMED)))
def test_a_malformed_record_holds_back_its_courier_and_what_came_before_is_stored(
    invoke: Invoke, rows: Rows, malformed: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    assert invoke(at(1), at(2), malformed, at(3)) == [sequence_number(2)]

    assert latest(rows) == {"c-1": 2}
    assert rows("SELECT count(*) FROM courier_positions") == [[2]]
    [error] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert error.message == "malformed position"
    assert vars(error)["place"] == sequence_number(2)


def test_other_couriers_overtake_a_malformed_record_and_its_own_positions_do_not(
    cold_start: ColdStart, rows: Rows
) -> None:
    module = cold_start("position_writer")
    batch = [at(1, "c-1"), b"malformed", at(1, "c-2"), at(2, "c-1"), at(2, "c-2")]
    event = aws_events.kinesis(*batch, keys=["c-1", "c-1", "c-2", "c-1", "c-2"])

    for _ in range(2):
        answer = module.handler(event, Context())
        assert answer == {"batchItemFailures": [{"itemIdentifier": sequence_number(1)}]}

    assert latest(rows) == {"c-1": 1, "c-2": 2}


def test_what_the_mapping_gave_up_can_be_replayed(cold_start: ColdStart, rows: Rows) -> None:
    """Later, and by another environment: positions that are older by then do not move a courier back."""
    cold_start("position_writer").handler(aws_events.kinesis(at(5), at(6)), Context())

    replayed = aws_events.kinesis(at(4), at(5))
    for _ in range(2):
        assert cold_start("position_writer").handler(replayed, Context()) == {"batchItemFailures": []}

    assert latest(rows) == {"c-1": 6}
    assert rows("SELECT count(*) FROM courier_positions") == [[3]]


def test_records_of_kafka_are_stored_as_those_of_kinesis_are(cold_start: ColdStart, rows: Rows) -> None:
    event = aws_events.kafka(
        [("c-1", at(1, "c-1")), ("c-3", b"malformed"), ("c-3", at(1, "c-3"))], [("c-2", at(1, "c-2"))]
    )

    answer = cold_start("position_writer").handler(event, Context())

    assert answer == {"batchItemFailures": [{"itemIdentifier": {"partition": "events-0", "offset": 16}}]}
    assert latest(rows) == {"c-1": 1, "c-2": 1}


def test_a_batch_that_begins_malformed_stores_nothing(invoke: Invoke, rows: Rows) -> None:
    assert invoke(b"{}", at(1)) == [sequence_number(0)]
    assert latest(rows) == {}


@pytest.mark.parametrize(
    "courier", ["null", "NULL", "{}", 'a"b\\c', "Zoë 🚲", "x" * 256, "'; DROP TABLE orders"]
)
def test_any_printable_courier_is_stored_as_it_is(invoke: Invoke, rows: Rows, courier: str) -> None:
    assert invoke(at(1, courier)) == []
    assert latest(rows) == {courier: 1}


def test_a_time_in_another_zone_is_the_same_moment(invoke: Invoke, rows: Rows) -> None:
    assert invoke(position(recorded_at="2025-11-24T13:30:00.000001+01:00")) == []
    assert rows("SELECT recorded_at FROM courier_latest") == [[NOON + timedelta(minutes=30, microseconds=1)]]


def test_while_the_database_is_away_the_invocation_fails(
    cold_start: ColdStart, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_WRITER", "127.0.0.1:9")
    with pytest.raises(Exception, match=r"127\.0\.0\.1 and port 9"):
        cold_start("position_writer").handler(aws_events.kinesis(at(1)), Context())
