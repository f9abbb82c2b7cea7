"""Filter criteria: the rules of the Lambda developer guide, "Filter rule syntax" and "Properly filtering"."""

import json
from typing import Any

import pytest

from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.mappings.filters import Filters

ORDER = {
    "type": "order.placed",
    "total": 250,
    "note": None,
    "text": "",
    "paid": True,
    "tags": ["new", "large"],
    "lines": [{"sku": "a-1"}, {"sku": "b-2"}],
    "customer": {"city": "Berlin", "name": "Ada"},
}


def filters(*patterns: Any, key: str = "body") -> Filters:
    return Filters.of({"Filters": [{"Pattern": json.dumps(pattern)} for pattern in patterns]}, key)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({"type": ["order.placed"]}, True),
        ({"type": ["order.paid"]}, False),
        ({"type": ["order.paid", "order.placed"]}, True),
        ({"type": ["order.placed"], "total": [1]}, False),
        ({"total": [250]}, True),
        ({"total": ["250"]}, False),
        ({"paid": [True]}, True),
        ({"total": [True]}, False),
        ({"note": [None]}, True),
        ({"text": [""]}, True),
        ({"tags": ["large"]}, True),
        ({"tags": ["small"]}, False),
        ({"customer": {"city": ["Berlin"]}}, True),
        ({"customer": {"city": ["Paris"]}}, False),
        ({"customer": {"street": ["Berlin"]}}, False),
        ({"lines": {"sku": ["b-2"]}}, True),
        ({"lines": {"sku": ["c-3"]}}, False),
        ({"type": [{"prefix": "order."}]}, True),
        ({"type": [{"prefix": "stock."}]}, False),
        ({"type": [{"suffix": ".placed"}]}, True),
        ({"type": [{"equals-ignore-case": "ORDER.Placed"}]}, True),
        ({"type": [{"anything-but": ["order.paid", "order.cancelled"]}]}, True),
        ({"type": [{"anything-but": "order.placed"}]}, False),
        ({"type": [{"anything-but": {"prefix": "order."}}]}, False),
        ({"missing": [{"anything-but": ["x"]}]}, False),
        ({"total": [{"numeric": [">", 100, "<=", 250]}]}, True),
        ({"total": [{"numeric": ["=", 250.0]}]}, True),
        ({"total": [{"numeric": ["<", 250]}]}, False),
        ({"type": [{"numeric": [">", 0]}]}, False),
        ({"type": [{"exists": True}]}, True),
        ({"missing": [{"exists": True}]}, False),
        ({"missing": [{"exists": False}]}, True),
        ({"missing": {"deeper": [{"exists": False}]}}, True),
        ({"customer": [{"exists": True}]}, False),
        ({"$or": [{"total": [1]}, {"type": ["order.placed"]}]}, True),
        ({"$or": [{"total": [1]}, {"type": ["order.paid"]}]}, False),
    ],
)
def test_a_pattern_matches_the_content_as_the_guide_says(pattern: Any, expected: object) -> None:
    assert filters({"body": pattern}).match(json.dumps(ORDER)) is expected


def test_without_filters_everything_passes() -> None:
    assert Filters.of(None, "body").match("anything")
    assert filters({}).match("anything")


def test_one_of_several_filters_is_enough() -> None:
    several = filters({"body": {"type": ["a"]}}, {"body": {"type": ["b"]}})
    assert [several.match(json.dumps({"type": kind})) for kind in "abc"] == [True, True, False]


@pytest.mark.parametrize(
    ("pattern", "content", "expected"),
    [
        (["hello"], "hello", True),
        ([{"prefix": "he"}], "hello", True),
        (["hello"], "goodbye", False),
        ({"type": ["hello"]}, "hello", False),
        (["hello"], '{"type": "hello"}', False),
        ({"type": ["hello"]}, '["hello"]', False),
    ],
)
def test_content_of_another_kind_than_the_pattern_is_dropped(
    pattern: Any, content: str, expected: object
) -> None:
    assert filters({"data": pattern}, key="data").match(content) is expected


def test_a_pattern_on_another_key_is_refused_with_the_one_that_is_allowed() -> None:
    with pytest.raises(LocalRuntimeError, match="'body'"):
        filters({"attributes": {"SenderId": ["me"]}})


@pytest.mark.parametrize("pattern", ["not JSON", "[1]"])
def test_a_pattern_that_is_no_json_object_is_refused(pattern: str) -> None:
    with pytest.raises(LocalRuntimeError, match="no JSON object"):
        Filters.of({"Filters": [{"Pattern": pattern}]}, "body")


def test_an_operator_that_lambda_does_not_have_is_refused() -> None:
    with pytest.raises(LocalRuntimeError, match="'wildcard'"):
        filters({"body": {"$or": [{"type": [{"wildcard": "order.*"}]}]}})
