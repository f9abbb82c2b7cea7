"""Filter criteria: which messages and records reach the function.

The rules are those of the Lambda developer guide, "Control which events Lambda sends to your function: filter
rule syntax". Mappings of SQS only filter on the key `body`, those of Kinesis on `data`.
"""

import json
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from scripts.local.runtime.errors import LocalRuntimeError

MISSING = object()
# Keys whose patterns must be objects. Lambda developer guide, "Using event filtering with a Kinesis event
# source": "both the data field and your filter criteria for the data field must be in valid JSON format".
JSON_ONLY = {"data"}
COMPARISONS = {"=": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


@dataclass(frozen=True)
class Filters:
    """The patterns of one mapping, each on the key that its event source can be filtered on."""

    patterns: Sequence[Any]

    @classmethod
    def of(cls, criteria: Mapping[str, Any] | None, key: str) -> Self:
        """Read a mapping's `FilterCriteria`; `key` is "body" or "data".

        Raises `LocalRuntimeError` for a pattern that is none of Lambda's.
        """
        return cls([_read(one["Pattern"], key) for one in (criteria or {}).get("Filters", [])])

    def match(self, text: str) -> bool:
        """Tell whether the content of a message or record passes one of the patterns.

        A pattern of JSON drops content that is no JSON object and the other way round, as the guide's table
        "Properly filtering messages" says.
        """
        return not self.patterns or any(_matches_content(pattern, text) for pattern in self.patterns)


def _read(pattern: str, key: str) -> Any:
    """Return the part of a pattern that filters on the key, None where it does not."""
    try:
        document = json.loads(pattern)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise LocalRuntimeError(f"The filter pattern {pattern!r} is no JSON object.")
    if document.keys() - {key}:
        raise LocalRuntimeError(
            f"The filter pattern {pattern} filters on more than {key!r}, which is all that this event source"
            " can be filtered on."
        )
    if key in JSON_ONLY and not isinstance(document.get(key, {}), dict):
        raise LocalRuntimeError(
            f"The filter pattern {pattern} filters {key!r} as a plain string: Lambda takes an object there."
        )
    unknown = sorted(_operators(document) - OPERATORS.keys())
    if unknown:
        known = ", ".join(OPERATORS)
        raise LocalRuntimeError(
            f"The filter pattern {pattern} uses {unknown[0]!r}. Lambda's operators are: {known}."
        )
    return document.get(key)


def _operators(pattern: Any, *, in_list: bool = False) -> set[str]:
    """Return the names of all operators: the keys of objects in lists, but for the list of `$or`."""
    if isinstance(pattern, list):
        return set().union(*(_operators(one, in_list=True) for one in pattern))
    if not isinstance(pattern, dict):
        return set()
    found = set(pattern) if in_list else set()
    for key, value in pattern.items():
        choices = value if key == "$or" else [value]
        found = found.union(*(_operators(one, in_list=in_list) for one in choices))
    return found


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
        return all(OPERATORS[name](operand, value) for name, operand in rule.items())
    return _is_equal(rule, value)


def _is_equal(rule: Any, value: Any) -> bool:
    return type(rule) is type(value) and bool(rule == value)  # 300 is not 300.0, and True is not 1


def _exists(wanted: Any, value: Any) -> bool:
    """Tell whether the field is there, or is not; an object does not count, only what has no more fields."""
    return bool(wanted) is (value is not MISSING and not isinstance(value, dict))


def _is_anything_but(unwanted: Any, value: Any) -> bool:
    rules = unwanted if isinstance(unwanted, list) else [unwanted]
    return value is not MISSING and not any(_holds(rule, value) for rule in rules)


def _is_within(conditions: Sequence[Any], value: Any) -> bool:
    """Tell whether each pair of comparison and bound holds: `[">", 10, "<=", 20]`."""
    pairs = zip(conditions[::2], conditions[1::2], strict=True)
    return _is_number(value) and all(COMPARISONS[sign](value, bound) for sign, bound in pairs)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "anything-but": _is_anything_but,
    "equals-ignore-case": lambda text, value: isinstance(value, str) and value.lower() == text.lower(),
    "exists": _exists,
    "numeric": _is_within,
    "prefix": lambda text, value: isinstance(value, str) and value.startswith(text),
    "suffix": lambda text, value: isinstance(value, str) and value.endswith(text),
}
