"""Replaces instances that stay unhealthy: Auto Scaling's own health checks.

Amazon EC2 Auto Scaling User Guide, "Health checks for instances in an Auto Scaling group". A group of type
ELB believes the checks of its target groups; one of type EC2 only that the machine runs, which it does for as
long as AWS says so. A process that ends is started again in its place, as its unit's `Restart=always` has it
on EC2, too: an instance is replaced once it has failed as many checks as its target group wants.
"""

import logging

from scripts.local.runtime.balancers import Balancers
from scripts.local.runtime.balancers.health import TargetHealth
from scripts.local.runtime.context import Context
from scripts.local.runtime.control import groups
from scripts.local.runtime.control.groups import Group, Instance

logger = logging.getLogger(__name__)

# Processes of Auto Scaling that `suspend_processes` makes rest.
CHECKS, REPLACES = "HealthCheck", "ReplaceUnhealthy"


class Recovery:
    """Reports instances that fail their checks to Auto Scaling, and has those that are reported replaced."""

    name = "recovery"

    def __init__(self, context: Context, balancers: Balancers) -> None:
        self._context = context
        self._balancers = balancers
        self._seen_at: dict[str, float] = {}

    async def step(self, now: float) -> None:
        """Look at all groups `now`, in seconds since the epoch."""
        found = await groups.read(self._context.aws)
        there = {instance.identifier for group in found.values() for instance in group.instances}
        self._seen_at = {identifier: self._seen_at.get(identifier, now) for identifier in there}
        health = self._health()
        for group in found.values():
            for instance in group.instances:
                age = now - self._seen_at[instance.identifier]
                failure = is_unhealthy(group, health.get(instance.identifier), age)
                reported = not instance.healthy
                if failure and not reported and CHECKS not in group.suspended:
                    await self._report(instance)
                    reported = True
                if reported and REPLACES not in group.suspended:
                    await self._replace(group, instance)

    def _health(self) -> dict[str, list[TargetHealth]]:
        """Return what target groups found, by instance."""
        found: dict[str, list[TargetHealth]] = {}
        for targets in self._balancers.hosts().values():
            for registered, health in targets.items():
                found.setdefault(registered.partition(":")[0], []).append(health)
        return found

    async def _report(self, instance: Instance) -> None:
        await self._context.aws.call(
            "autoscaling",
            "set_instance_health",
            InstanceId=instance.identifier,
            HealthStatus="Unhealthy",
            ShouldRespectGracePeriod=False,
        )

    async def _replace(self, group: Group, instance: Instance) -> None:
        await self._context.aws.call(
            "autoscaling",
            "terminate_instance_in_auto_scaling_group",
            InstanceId=instance.identifier,
            ShouldDecrementDesiredCapacity=False,
        )
        left = sum(other.healthy and other is not instance for other in group.instances)
        capacity = f"capacity {left} of {group.desired}"
        sentence = f"{instance.identifier} is unhealthy and ends; {capacity}; a replacement starts"
        logger.warning(sentence)
        self._context.timeline.tell("health", instance.identifier, sentence)


def is_unhealthy(group: Group, found: list[TargetHealth] | None, age: float) -> bool:
    """Tell whether an instance of an `age` in seconds fails the checks that its group believes.

    An instance that has never answered has the group's grace period to do so, in full: starts are not
    shortened here. One that did has none left.
    """
    if group.health_check != "ELB" or not found:
        return False
    states = {health.state for health in found}
    return "unhealthy" in states or ("initial" in states and age > group.grace)
