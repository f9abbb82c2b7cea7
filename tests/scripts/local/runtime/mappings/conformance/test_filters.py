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
        ({"total": [250.0]}, False),
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
    """Control which events Lambda sends to your function: "The following is a summary of all the comparison
    operators available for Lambda event filtering."
    """
    assert filters({"body": pattern}).match(json.dumps(ORDER)) is expected


def test_without_filters_everything_passes() -> None:
    """Control which events Lambda sends to your function: "Lambda ignores the fields that aren't included in
    a filter."
    """
    assert Filters.of(None, "body").match("anything")
    assert filters({}).match("anything")


def test_one_of_several_filters_is_enough() -> None:
    """Control which events Lambda sends to your function: "Your filters are logically ORed together. If a
    record from your event source satisfies one or more of your filters, Lambda includes the record in the
    next event it sends to your function."
    """
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
    """Control which events Lambda sends to your function: "Lambda automatically evaluates the format of the
    incoming message body and of your filter pattern for body. If there is a mismatch, Lambda drops the
    message."
    """
    assert filters({"body": pattern}).match(content) is expected


def test_a_pattern_on_another_key_is_refused_with_the_one_that_is_allowed() -> None:
    """Using event filtering with an Amazon SQS event source: "Amazon SQS event source mappings only support
    filtering on the body key."
    """
    with pytest.raises(LocalRuntimeError, match="'body'"):
        filters({"attributes": {"SenderId": ["me"]}})


def test_a_plain_string_is_no_pattern_for_a_stream() -> None:
    """Using event filtering with a Kinesis event source: "To properly filter events from Kinesis sources,
    both the data field and your filter criteria for the data field must be in valid JSON format. If either
    field isn't in a valid JSON format, Lambda drops the message or throws an exception."
    """
    with pytest.raises(LocalRuntimeError, match="as a plain string"):
        filters({"data": ["hello"]}, key="data")
    assert not filters({"data": {"type": ["hello"]}}, key="data").match("hello")
