"""The health of load balancers' targets as whoever checks them found it: moto checks nobody.

`PUT /_blueprint/target-health` tells it, with a JSON object: `seconds` for which it holds, and `groups`: by
the ARN of a target group the `state`, `reason` and `description` of its targets by their `id:port`. What is
told next takes its place. It is heard where moto would say healthy; what nobody told is as moto says it, but
for groups to which no load balancer forwards.
"""

import time
from collections.abc import Callable
from typing import Any, Literal

from moto.ec2.models import EC2Backend
from moto.elbv2.models import FakeHealthStatus, FakeTargetGroup
from pydantic import BaseModel, ConfigDict, Field

_health_for = FakeTargetGroup.health_for


class Health(BaseModel):
    """A target's health, in the words of `DescribeTargetHealth`."""

    model_config = ConfigDict(extra="forbid")

    state: Literal["initial", "healthy", "unhealthy", "unused"]
    reason: str | None = None
    description: str | None = None


NOT_IN_USE = Health(
    state="unused",
    reason="Target.NotInUse",
    description="Target group is not configured to receive traffic from the load balancer",
)


REGISTERING = Health(
    state="initial",
    reason="Elb.RegistrationInProgress",
    description="Target registration is in progress",
)


class Report(BaseModel):
    """What was found of all target groups, and for how long that holds."""

    model_config = ConfigDict(extra="forbid")

    seconds: float = Field(gt=0, le=600)
    groups: dict[str, dict[str, Health]]


class TargetHealth:
    """What was told last. `clock` shows seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = 0.0
        self._groups: dict[str, dict[str, Health]] = {}

    def tell(self, document: bytes) -> dict[str, Any]:
        """Take a report, and return how many targets it tells of.

        Raises:
            pydantic.ValidationError: it is none.
        """
        report = Report.model_validate_json(document)
        self._until = self._clock() + report.seconds
        self._groups = report.groups
        return {"targets": sum(map(len, self._groups.values()))}

    def of(self, group: str, target: str) -> Health | None:
        """Return what was told of a target (`id:port`), None where nothing (any more) was of its group.

        One that came to a group that is told of is not checked yet.
        """
        known = self._groups.get(group) if self._clock() < self._until else None
        return None if known is None else known.get(target, REGISTERING)


TOLD = TargetHealth()


def install() -> None:
    """Have moto describe targets as they were found."""
    FakeTargetGroup.health_for = _health_as_told  # type: ignore[method-assign]


def _health_as_told(
    self: FakeTargetGroup, target: dict[str, Any], ec2_backend: EC2Backend
) -> FakeHealthStatus:
    status = _health_for(self, target, ec2_backend)
    if status.status != "healthy":
        return status
    told = TOLD.of(self.arn, f"{status.instance_id}:{status.port}")
    if not self.load_balancer_arns:
        told = NOT_IN_USE
    if told is not None:
        status.status, status.reason, status.description = told.state, told.reason, told.description
    return status
