"""Which state an alarm is in, by what was measured."""

from dataclasses import replace

import pytest

from scripts.local.runtime.control.alarms import ALARM, OK, UNKNOWN, Alarm
from scripts.local.runtime.control.points import Series

SERIES = Series(namespace="AWS/EC2", metric="CPUUtilization", dimensions={}, statistic="Average")
ONE = Alarm(
    name="burst",
    series=SERIES,
    comparison="GreaterThanOrEqualToThreshold",
    threshold=80.0,
    periods=1,
    to_alarm=1,
    missing="notBreaching",
    state=OK,
    actions=(),
)
TWO_OF_THREE = replace(ONE, periods=3, to_alarm=2)


@pytest.mark.parametrize(
    ("comparison", "value", "state"),
    [
        ("GreaterThanOrEqualToThreshold", 80.0, ALARM),
        ("GreaterThanThreshold", 80.0, OK),
        ("GreaterThanThreshold", 80.1, ALARM),
        ("LessThanThreshold", 80.0, OK),
        ("LessThanThreshold", 79.9, ALARM),
        ("LessThanOrEqualToThreshold", 80.0, ALARM),
    ],
)
def test_it_rings_on_the_wrong_side_of_its_threshold(comparison: str, value: float, state: str) -> None:
    assert replace(ONE, comparison=comparison).judged([value]) == state


@pytest.mark.parametrize(
    ("values", "state"),
    [([90.0, 10.0, 90.0], ALARM), ([10.0, 10.0, 90.0], OK), ([90.0, 90.0], ALARM), ([90.0], OK)],
)
def test_so_many_of_its_periods_must_be_wrong(values: list[float], state: str) -> None:
    assert TWO_OF_THREE.judged(values) == state


@pytest.mark.parametrize(
    ("missing", "before", "state"),
    [
        ("notBreaching", ALARM, OK),
        ("breaching", OK, ALARM),
        ("ignore", ALARM, ALARM),
        ("ignore", OK, OK),
        ("missing", ALARM, UNKNOWN),
    ],
)
def test_periods_without_a_value_count_as_it_says(missing: str, before: str, state: str) -> None:
    assert replace(TWO_OF_THREE, missing=missing, state=before).judged([]) == state


def test_periods_that_are_missing_add_to_those_that_are_wrong_only_where_they_are_breaching() -> None:
    assert replace(TWO_OF_THREE, missing="breaching").judged([90.0]) == ALARM
    for missing in ("notBreaching", "ignore", "missing"):
        assert replace(TWO_OF_THREE, missing=missing).judged([90.0]) == OK
