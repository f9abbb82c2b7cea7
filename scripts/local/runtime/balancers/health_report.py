"""Tells AWS what health checks found, so that `DescribeTargetHealth` tells the truth."""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

from scripts.local.aws import doors
from scripts.local.runtime import local_aws
from scripts.local.runtime.balancers.deployed import TargetGroup
from scripts.local.runtime.balancers.health import STARTING, Failure, TargetHealth
from scripts.local.runtime.errors import LocalRuntimeError

# Seconds for which what was told holds, and after which it is told again: when nobody checks any more, AWS
# goes by what it knows itself.
HOLDS = 30.0
RENEWED = 10.0
# What is registered and has no process on this machine yet.
REGISTERING = Failure("", "Elb.RegistrationInProgress", "Target registration is in progress")


class HealthReport:
    """What AWS was told last."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._told: Mapping[str, Any] = {}
        self._told_at = float("-inf")

    async def tell(self, found: Mapping[TargetGroup, Mapping[str, TargetHealth]]) -> None:
        """Tell the health of the targets, by their `id:port`, where that is news or about to be forgotten.

        Another AWS than the local one is not told, and answers what it likes.
        """
        groups = {
            group.arn: {target: described(health.get(target)) for target in group.targets}
            for group, health in found.items()
        }
        now = asyncio.get_running_loop().time()
        if groups == self._told and now < self._told_at + RENEWED:
            return
        with contextlib.suppress(LocalRuntimeError):
            report = {"seconds": HOLDS, "groups": groups}
            await local_aws.ask(self._endpoint, "PUT", doors.TARGET_HEALTH, report)
            self._told, self._told_at = groups, now


def described(health: TargetHealth | None) -> dict[str, str]:
    """Return a target's health as AWS describes it; None for one that is not on this machine yet."""
    if health is None:
        state, why = "initial", REGISTERING
    elif health.state == "initial":
        state, why = "initial", STARTING
    elif health.state == "unhealthy" and health.failure:
        state, why = "unhealthy", health.failure
    else:
        return {"state": "healthy"}
    return {"state": state, "reason": why.reason, "description": why.description}
