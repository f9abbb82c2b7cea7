"""How many instances a step scaling policy asks for."""

import math
from dataclasses import replace

import pytest

from scripts.local.runtime.control.groups import Group
from scripts.local.runtime.control.stepping import Call, Policy, Step, decide
from tests.scripts.local.runtime.control.test_alarms import ONE

# The example of the user guide: 10 % more from 10 above the threshold on, 30 % from 20 on.
GUIDE = Policy(
    name="burst",
    arn="arn",
    group="shop",
    adjustment="PercentChangeInCapacity",
    least=0,
    aggregation="Average",
    warm_up=None,
    steps=(
        Step(lower=0, upper=10, adjustment=0),
        Step(lower=10, upper=20, adjustment=10),
        Step(lower=20, upper=math.inf, adjustment=30),
    ),
)
GUIDE_IN = replace(
    GUIDE,
    steps=(
        Step(lower=-10, upper=0, adjustment=0),
        Step(lower=-20, upper=-10, adjustment=-10),
        Step(lower=-math.inf, upper=-20, adjustment=-30),
    ),
)
OUT = replace(ONE, threshold=50.0)
IN = replace(ONE, threshold=50.0, comparison="LessThanOrEqualToThreshold")


def group(desired: int, minimum: int = 1, maximum: int = 20) -> Group:
    return Group(
        name="shop", minimum=minimum, maximum=maximum, desired=desired, warm_up=60, suspended=frozenset()
    )


def desired(found: Group, warm: int, value: float, policy: Policy = GUIDE) -> int:
    alarm = OUT if value >= OUT.threshold else IN
    decision = decide(found, warm, Call(policy=policy, alarm=alarm, value=value))
    return found.desired if decision is None else decision.desired


@pytest.mark.parametrize(("value", "expected"), [(59.9, 10), (60.0, 11), (69.9, 11), (70.0, 13), (100.0, 13)])
def test_the_step_is_chosen_by_how_far_the_metric_is_above_the_threshold(value: float, expected: int) -> None:
    assert desired(group(10), 10, value) == expected


@pytest.mark.parametrize(("value", "expected"), [(40.1, 14), (40.0, 13), (30.1, 13), (30.0, 10), (0.0, 10)])
def test_below_the_threshold_the_upper_bound_is_part_of_a_step(value: float, expected: int) -> None:
    assert desired(group(14), 14, value, GUIDE_IN) == expected


def test_a_distance_without_a_step_changes_nothing() -> None:
    only_high = replace(GUIDE, steps=GUIDE.steps[2:])
    assert desired(group(10), 10, 60.0, only_high) == 10


def test_while_instances_warm_up_only_what_a_higher_step_adds_beyond_them_is_added() -> None:
    assert desired(group(11), 10, 62.0) == 11
    assert desired(group(11), 10, 70.0) == 13


@pytest.mark.parametrize(("percent", "expected"), [(127, 22), (7, 11), (-7, 9), (-67, 4)])
def test_percentages_are_rounded_towards_none_and_one_at_the_least(percent: int, expected: int) -> None:
    step = Step(lower=0, upper=math.inf, adjustment=percent)
    found = group(10, maximum=40)
    assert desired(found, 10, 70.0, replace(GUIDE, steps=(step,))) == expected


def test_a_percentage_moves_so_many_instances_at_the_least() -> None:
    quarter = replace(GUIDE, steps=(Step(lower=0, upper=math.inf, adjustment=25),), least=2)
    assert desired(group(4), 4, 70.0, quarter) == 6
    assert desired(group(16), 16, 70.0, quarter) == 20
    nothing = replace(quarter, steps=(Step(lower=0, upper=math.inf, adjustment=0),))
    assert desired(group(4), 4, 70.0, nothing) == 4


def test_other_adjustments_add_so_many_or_set_their_number() -> None:
    five = (Step(lower=0, upper=math.inf, adjustment=5),)
    assert desired(group(3), 3, 70.0, replace(GUIDE, adjustment="ChangeInCapacity", steps=five)) == 8
    assert desired(group(3), 3, 70.0, replace(GUIDE, adjustment="ExactCapacity", steps=five)) == 5
    assert desired(group(8), 8, 70.0, replace(GUIDE, adjustment="ExactCapacity", steps=five)) == 5


def test_it_keeps_to_the_groups_sizes_and_goes_no_lower_while_instances_start() -> None:
    assert desired(group(10, maximum=12), 10, 70.0) == 12
    assert desired(group(14, minimum=12), 14, 10.0, GUIDE_IN) == 12
    assert desired(group(14), 13, 10.0, GUIDE_IN) == 14


def test_a_decision_says_why() -> None:
    decision = decide(group(10), 10, Call(policy=GUIDE, alarm=OUT, value=71.25))
    assert decision is not None
    assert decision.reason == (
        "the average CPU in percent was at least 50 in one period, last 71.25: +30 % (burst)"
    )
