"""Filter criteria that Lambda would not take."""

import json

import pytest

from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.mappings.filters import Filters


@pytest.mark.parametrize("pattern", ["not JSON", "[1]"])
def test_a_pattern_that_is_no_json_object_is_refused(pattern: str) -> None:
    with pytest.raises(LocalRuntimeError, match="no JSON object"):
        Filters.of({"Filters": [{"Pattern": pattern}]}, "body")


def test_an_operator_that_lambda_does_not_have_is_refused() -> None:
    pattern = json.dumps({"body": {"$or": [{"type": [{"wildcard": "order.*"}]}]}})
    with pytest.raises(LocalRuntimeError, match="'wildcard'"):
        Filters.of({"Filters": [{"Pattern": pattern}]}, "body")
