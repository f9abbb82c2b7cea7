"""Which load is a burst, and how much it adds."""

import pytest

from infra.components.burst import cpu_steps, request_steps


@pytest.mark.parametrize("target", [10, 33, 2_000])
def test_a_step_brings_what_reaches_it_back_to_the_target(target: int) -> None:
    for reached, percent in request_steps(target).items():
        assert reached / (1 + percent / 100) == pytest.approx(target, abs=0.5)


def test_steps_of_cpu_are_at_multiples_of_a_low_target_and_on_the_way_to_all_of_it_for_a_high_one() -> None:
    assert cpu_steps(20) == {30: 50, 60: 100}
    assert cpu_steps(60) == {80: 50, 90: 100}
    assert cpu_steps(90) == {95: 50, 97: 100}


@pytest.mark.parametrize("target", range(10, 91))
def test_every_target_of_cpu_has_two_steps_above_it_that_can_be_reached(target: int) -> None:
    first, second = cpu_steps(target)
    assert target < first < second < 100
