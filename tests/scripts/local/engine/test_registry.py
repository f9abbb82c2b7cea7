"""Where adapters live."""

import inspect
from pathlib import Path

import pytest

from scripts.local.engine import registry

ROOT = Path(__file__).parents[4]


@pytest.mark.parametrize(
    ("token", "file"),
    [
        ("aws:sqs/queue:Queue", "sqs.py"),
        ("aws:lambda/function:Function", "lambda_.py"),
        ("aws:index/getRegion:getRegion", "aws.py"),
        ("random:index/randomPassword:RandomPassword", "random.py"),
        ("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "vpc.py"),
    ],
)
def test_the_file_of_a_type_is_named_after_its_module(token: str, file: str) -> None:
    assert registry.file(token) == f"scripts/local/engine/adapters/{file}"


def test_every_adapter_lives_in_the_file_that_a_missing_one_would_be_sent_to() -> None:
    registry.adapter("aws:sqs/queue:Queue")  # loads them all

    found = {**registry._adapters, **registry._answerers}

    for token, function in found.items():
        file = Path(inspect.getfile(function)).relative_to(ROOT)
        assert str(file) == registry.file(token) or file.parts[0] == "tests"
    assert len(found) > 50
