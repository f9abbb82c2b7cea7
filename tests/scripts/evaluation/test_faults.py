"""A broken program is told by its component."""

import re
from collections.abc import Callable

import pulumi
import pulumi_aws as aws
import pytest

from scripts.evaluation import faults
from scripts.evaluation.recorder import record


class Broken(pulumi.ComponentResource):
    """A component that makes a mistake."""

    def __init__(self, mistake: Callable[["Broken"], object]) -> None:
        super().__init__("blueprint:test:Broken", "it")
        mistake(self)


def requires_more(it: Broken) -> None:
    aws.sqs.QueuePolicy("inner", policy="{}", opts=pulumi.ResourceOptions(parent=it))


def waits_for_itself(it: Broken) -> None:
    aws.sqs.Queue("inner", opts=pulumi.ResourceOptions(parent=it, depends_on=[it]))


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (requires_more, r"in Broken it, line \d+ of test_faults\.py: Missing required property 'queue_url'"),
        (waits_for_itself, r"in Broken it: .*circular dependency .* aws:sqs/queue:Queue named inner"),
    ],
)
def test_a_mistake_is_told_by_its_component(mistake: Callable[[Broken], object], said: str) -> None:
    with pytest.raises((TypeError, RuntimeError)) as caught:
        record(lambda: Broken(mistake))
    assert re.match(f"The program fails {said}", faults.described(caught.value))


def test_without_a_component_the_line_is_told() -> None:
    def program() -> None:
        raise ValueError("too\nbad")

    with pytest.raises(ValueError, match="bad") as caught:
        record(program)
    assert re.fullmatch(
        r"The program fails, line \d+ of test_faults\.py: too bad", faults.described(caught.value)
    )
