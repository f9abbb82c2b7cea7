"""The order of a load balancer's rules: by what they say, whoever comes first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.components.routing import LAST_PRIORITY, PATTERN_LIMIT, path_rules, priority


def placed(*patterns: str, hosts: tuple[str, ...] = (), reserved: int = 0) -> list[tuple[str, ...]]:
    return [rule.patterns for rule in path_rules(patterns, hosts=hosts, reserved=reserved)]


def test_exact_paths_come_first_and_then_the_longest_beginnings() -> None:
    assert placed("/*", "/orders*", "/live", "/orders/export*", "/ready") == [
        ("/live", "/ready"),
        ("/orders/export*",),
        ("/orders*",),
        ("/*",),
    ]


def test_a_question_mark_is_a_wildcard_too() -> None:
    assert placed("/item-?", "/items*", "/item-1") == [("/item-1",), ("/item-?", "/items*")]


def test_a_rule_has_room_for_five_values_over_all_its_conditions() -> None:
    paths = [f"/{number}" for number in range(6)]
    assert [len(it) for it in placed(*paths)] == [5, 1]
    assert [len(it) for it in placed(*paths, hosts=("a",), reserved=2)] == [2, 2, 2]


def test_hosts_that_leave_no_room_for_a_path_are_refused() -> None:
    with pytest.raises(ValueError, match="3 hosts; a rule has room for 2"):
        placed("/a", hosts=("a", "b", "c"), reserved=2)


def test_rules_with_a_host_are_tried_before_all_others() -> None:
    (longest,) = path_rules(["/" + "a" * 120 + "*"], hosts=[], reserved=0)
    (shortest,) = path_rules(["*"], hosts=["a"], reserved=0)
    assert priority("x", shortest.band, set()) < priority("x", longest.band, set())


@given(st.text("/a", max_size=PATTERN_LIMIT - 1), st.text("/a", max_size=PATTERN_LIMIT - 1))
@pytest.mark.parametrize("hosts", [[], ["a"]])
def test_the_longer_beginning_has_the_lower_priority_within_what_aws_has(
    hosts: list[str], a: str, b: str
) -> None:
    def number(path: str) -> int:
        (rule,) = path_rules([f"{path}*"], hosts=hosts, reserved=2)
        return priority(path, rule.band, set())

    assert 1 <= number(a) < LAST_PRIORITY
    assert (number(a) < number(b)) >= (len(a) > len(b))


def test_a_taken_priority_is_passed_over_and_stays_within_its_band() -> None:
    first = priority("shop", 7, set())
    second = priority("shop", 7, {first})
    assert second != first
    assert priority("z", 6, set()) < second < priority("z", 8, set())
