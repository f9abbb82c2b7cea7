"""Filter criteria: which messages and records reach the function.

The rules are those of the Lambda developer guide, "Control which events Lambda sends to your function: filter
rule syntax". Mappings of SQS only filter on the key `body`, those of Kinesis on `data`.
"""

import contextlib
import json
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from scripts.local.runtime.errors import LocalRuntimeError

MISSING = object()
COMPARISONS = {"=": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


@dataclass(frozen=True)
class Filters:
    """The patterns of one mapping, each on the key that its event source can be filtered on."""

    patterns: Sequence[Any]

    @classmethod
    def of(cls, criteria: Mapping[str, Any] | None, key: str) -> Self:
        """Read a mapping's `FilterCriteria`; `key` is "body" or "data".

        Raises `LocalRuntimeError` for a pattern that is no JSON object, and for one on another key.
        """
        documents = [_parse(one["Pattern"]) for one in (criteria or {}).get("Filters", [])]
        for document in documents:
            if document.keys() - {key}:
                raise LocalRuntimeError(
                    f"The filter pattern {json.dumps(document)} filters on more than {key!r}, which is all"
                    " that this event source can be filtered on."
                )
        return cls([document.get(key) for document in documents])

    def match(self, text: str) -> bool:
        """Tell whether the content of a message or record passes: "filters are evaluated with OR".

        A pattern of JSON drops content that is no JSON object and the other way round, as the guide's table
        "Properly filtering messages" says.
        """
        return not self.patterns or any(_matches_content(pattern, text) for pattern in self.patterns)


def _parse(pattern: str) -> dict[str, Any]:
    with contextlib.suppress(ValueError):
        document = json.loads(pattern)
        if isinstance(document, dict):
            return document
    raise LocalRuntimeError(f"The filter pattern {pattern!r} is no JSON object.")


def _matches_content(pattern: Any, text: str) -> bool:
    if pattern is None:
        return True
    try:
        content = json.loads(text)
    except ValueError:
        content = text
    if isinstance(pattern, dict):
        return isinstance(content, dict) and _matches_object(pattern, content)
    return not isinstance(content, dict | list) and _matches_any(pattern, text)


def _matches_object(pattern: Mapping[str, Any], content: Mapping[str, Any]) -> bool:
    """Tell whether every key of the pattern matches; `$or` wants one of its patterns to."""
    return all(
        any(_matches_object(choice, content) for choice in expected)
        if key == "$or"
        else _matches_value(expected, content.get(key, MISSING))
        for key, expected in pattern.items()
    )


def _matches_value(expected: Any, value: Any) -> bool:
    if isinstance(expected, list):
        return _matches_any(expected, value)
    if isinstance(value, list):
        return any(_matches_value(expected, element) for element in value)
    return _matches_object(expected, value if isinstance(value, dict) else {})


def _matches_any(rules: Sequence[Any], value: Any) -> bool:
    """Tell whether one rule holds for the value, or for one element of a value that is a list."""
    values = value if isinstance(value, list) else [value]
    return any(_holds(rule, one) for rule in rules for one in values)


def _holds(rule: Any, value: Any) -> bool:
    if isinstance(rule, dict):
        ((name, operand),) = rule.items()
        return _operate(name, operand, value)
    return _is_equal(rule, value)


def _operate(name: str, operand: Any, value: Any) -> bool:
    match name:
        case "exists":  # "only works on leaf nodes"
            return bool(operand) is (value is not MISSING and not isinstance(value, dict))
        case "anything-but":
            operands = operand if isinstance(operand, list) else [operand]
            return value is not MISSING and not any(_holds(one, value) for one in operands)
        case "numeric":
            return _is_number(value) and _compare(operand, value)
        case "prefix":
            return isinstance(value, str) and value.startswith(operand)
        case "suffix":
            return isinstance(value, str) and value.endswith(operand)
        case "equals-ignore-case":
            return isinstance(value, str) and value.lower() == operand.lower()
        case _:
            raise LocalRuntimeError(f"A filter pattern uses {name!r}, which is no operator of Lambda's.")


def _is_equal(rule: Any, value: Any) -> bool:
    return (type(rule) is type(value) and rule == value) or (
        _is_number(rule) and _is_number(value) and rule == value
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _compare(conditions: Sequence[Any], value: float) -> bool:
    """Tell whether each pair of comparison and bound holds: `[">", 10, "<=", 20]`."""
    pairs = zip(conditions[::2], conditions[1::2], strict=True)
    return all(COMPARISONS[sign](value, bound) for sign, bound in pairs)
