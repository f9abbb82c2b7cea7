"""How many instances a group should have, by what was measured."""

from collections.abc import Sequence
from typing import Any

import pytest

from scripts.local.runtime.control.decision import Measured, decide
from scripts.local.runtime.control.groups import Group

QUIET = [10.0] * 15


def group(desired: int, minimum: int = 1, maximum: int = 10) -> Group:
    return Group(
        name="shop",
        minimum=minimum,
        maximum=maximum,
        desired=desired,
        warm_up=60,
        suspended=frozenset(),
    )


def cpu(values: Sequence[float], *, target: float = 60, **more: Any) -> Measured:
    settings: dict[str, Any] = {"scales_in": True, "since_change": len(values), **more}
    return Measured(policy="cpu", metric="CPU", target=target, values=values, **settings)


def desired(found: Group, warm: int, *policies: Measured) -> int:
    decision = decide(found, warm, policies)
    return found.desired if decision is None else decision.desired


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([90, 90, 90], 3),  # 2 × 90 / 60
        ([61, 61, 61], 3),  # never fewer than one more
        ([90, 90], 2),  # two data points are not enough
        ([90, 59, 90], 2),
        ([59, 90, 90, 240], 8),
        ([60, 60, 60], 2),  # on target
        ([9000, 9000, 9000], 10),
    ],
)
def test_it_scales_out_after_three_data_points_above_the_target(values: list[float], expected: int) -> None:
    assert desired(group(2), 2, cpu(values)) == expected


def test_instances_that_warm_up_are_on_their_way_and_are_not_asked_for_again() -> None:
    busy = cpu([90.0] * 3)
    assert desired(group(3), 2, busy) == 3
    assert desired(group(3), 2, cpu([120.0] * 3)) == 4


@pytest.mark.parametrize(
    ("values", "since_change", "expected"),
    [
        ([15.0] * 15, 15, 1),
        ([15.0] * 15, 14, 4),  # the last change was not long enough ago
        ([15.0] * 14, 14, 4),
        ([15.0] * 14 + [54.0], 15, 4),  # nine tenths of the target, and no less
        ([40.0] + [1.0] * 14, 15, 3),  # by the highest
    ],
)
def test_it_scales_in_after_fifteen_data_points_well_below_the_target(
    values: list[float], since_change: int, expected: int
) -> None:
    assert desired(group(4), 4, cpu(values, since_change=since_change)) == expected


def test_it_keeps_to_the_groups_sizes_and_waits_for_instances_that_start() -> None:
    assert desired(group(4, minimum=3), 4, cpu(QUIET)) == 3
    assert desired(group(3, minimum=3), 3, cpu(QUIET)) == 3
    assert desired(group(4), 3, cpu(QUIET)) == 4
    assert desired(group(4, maximum=4), 4, cpu([90.0] * 3)) == 4


def test_of_several_policies_the_largest_capacity_holds_and_all_must_agree_to_fewer() -> None:
    assert desired(group(2), 2, cpu([90.0] * 3), cpu([500.0] * 3, target=100)) == 10
    assert desired(group(4), 4, cpu(QUIET), cpu([50.0] * 15, target=100)) == 2
    assert desired(group(4), 4, cpu(QUIET), cpu([95.0] * 15, target=100)) == 4
    assert desired(group(4), 4, cpu(QUIET), cpu([], target=100)) == 4


def test_a_policy_that_may_not_scale_in_neither_asks_for_fewer_nor_prevents_it() -> None:
    lazy = cpu(QUIET, scales_in=False)
    assert desired(group(4), 4, lazy) == 4
    assert desired(group(4), 4, cpu(QUIET), cpu([95.0] * 15, target=100, scales_in=False)) == 1


def test_a_decision_says_why() -> None:
    out = decide(group(2), 2, [cpu([90.0] * 3)])
    assert out is not None
    assert out.reason == "CPU was above 60 for 3 periods, last 90"
    fewer = decide(group(4), 4, [cpu(QUIET)])
    assert fewer is not None
    assert fewer.reason == "CPU was below 54 for 15 periods, at most 10"
