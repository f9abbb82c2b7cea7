"""Evaluates a program with nothing behind it: what is left is what Pulumi and the program take."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks
from pulumi.runtime.mocks import MockMonitor

from scripts.evaluation.mock_runtime import Target, run
from scripts.local import ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ANSWERS: dict[str, dict[str, Any]] = {
    "aws:index/getAvailabilityZones:getAvailabilityZones": {"names": [f"{REGION}{zone}" for zone in "abc"]},
    "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": ACCOUNT},
    "aws:ssm/getParameter:getParameter": {"value": "ami-0123456789abcdef0"},
    "aws:ec2/getManagedPrefixList:getManagedPrefixList": {"id": "pl-0123456789abcdef0"},
}


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """One evaluation: the resources that it registered, components left out, and its milliseconds of CPU."""

    resources: int
    milliseconds: float

    @property
    def per_resource(self) -> float:
        """Milliseconds of CPU for each resource."""
        return self.milliseconds / self.resources


class Echo(Mocks):
    """Answers as a preview does before the first `up`: nothing is known of what does not exist yet.

    `resources` counts what was registered, components left out.
    """

    def __init__(self) -> None:
        self.resources = 0

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        self.resources += bool(args.custom)
        return "", dict(args.inputs)

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        return ANSWERS[args.token], []


def evaluate(
    program: Callable[[], object], *, stack: str = "bench", config: Mapping[str, str] | None = None
) -> Evaluation:
    """Evaluate `program` once; what it imports for the first time counts, so let a first run go."""
    echo = Echo()
    target = Target(project="blueprint", stack=stack, config=config or {})
    started = time.process_time()
    run(program, MockMonitor(echo), target, preview=True)
    return Evaluation(resources=echo.resources, milliseconds=(time.process_time() - started) * 1000)
