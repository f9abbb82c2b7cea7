"""A figure judges its goal by medians, pair by pair where there is a reference."""

from __future__ import annotations

import pytest

from scripts.bench import Figure, Goal
from scripts.bench.figure import medians


def test_the_ratio_is_the_median_of_the_pairs() -> None:
    goal = Goal(limit=1.5, of="ratio")
    figure = Figure(name="f", unit="µs", samples=[10, 30, 90], reference=[10, 10, 60], goal=goal)

    assert figure.ratio == 1.5
    assert figure.is_met
    assert figure.spread == (10, 90)


def test_a_goal_on_the_value_ignores_the_reference() -> None:
    assert not Figure(name="f", unit="s", samples=[31.0], goal=Goal(limit=30)).is_met
    assert Figure(name="f", unit="s", samples=[31.0], goal=Goal(limit=30, bound="at least")).is_met


def test_a_goal_on_the_ratio_without_a_reference_is_an_error() -> None:
    figure = Figure(name="f", unit="s", samples=[1.0], goal=Goal(limit=1, of="ratio"))

    with pytest.raises(ValueError, match="'f' has a goal on its ratio and no reference"):
        _ = figure.is_met


def test_json_carries_what_is_derived() -> None:
    json = Figure(name="f", unit="s", samples=[1.0, 3.0], goal=Goal(limit=2)).to_json()

    assert json["value"] == 2.0
    assert json["met"] is True
    assert json["ratio"] is None
    assert json["goal"] == {"limit": 2, "of": "value", "bound": "at most"}


def test_parts_are_medians_over_the_runs_that_have_them() -> None:
    assert medians([{"a": 1.0, "b": 5.0}, {"a": 9.0}, {"a": 2.0}]) == {"a": 2.0, "b": 5.0}
