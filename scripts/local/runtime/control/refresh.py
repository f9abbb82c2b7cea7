"""Replaces the instances of a group that are from another version of its template: instance refresh.

Amazon EC2 Auto Scaling User Guide, "Use an instance refresh to update instances". Where more instances than
wanted may be in service, new ones are launched before old ones end; else as many end at a time as the minimum
of healthy ones allows. Checkpoints, alarms and rollbacks are not followed: an old instance serves until a new
one has answered and warmed up, so that a broken version takes nobody's place.
"""

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scripts.local.runtime.context import Context
from scripts.local.runtime.control import groups
from scripts.local.runtime.control.groups import SURPLUS, Group, Instance
from scripts.local.runtime.fleets import Fleets

logger = logging.getLogger(__name__)

# What is meant where a refresh does not say: the least that AWS takes for granted.
MIN_HEALTHY, MAX_HEALTHY = 90, 100


@dataclass(frozen=True, kw_only=True)
class Step:
    """What to do now: how many instances to launch beyond the capacity, and which to end.

    `shrinks` ends them without a replacement: theirs was launched before.
    """

    launch: int = 0
    end: Sequence[Instance] = ()
    shrinks: bool = False


class Refresh:
    """Goes on with each group's refresh, a step a period."""

    name = "refresh"

    def __init__(self, context: Context, fleets: Fleets) -> None:
        self._context = context
        self._fleets = fleets

    async def step(self, now: float) -> None:
        """Look at all groups `now`, in seconds since the epoch."""
        for group in (await groups.read(self._context.aws)).values():
            answer = await self._context.aws.call(
                "autoscaling", "describe_instance_refreshes", AutoScalingGroupName=group.name
            )
            active = [one for one in answer["InstanceRefreshes"] if one["Status"] == "InProgress"]
            if active:
                await self._go_on(group, active[0].get("Preferences", {}), now)
            elif group.surplus:
                await self._withdraw(group, now)

    async def _withdraw(self, group: Group, now: float) -> None:
        """End what a refresh that was cancelled launched too many: those first that do not serve yet."""
        warm = self._warm(group, now)
        ordered = sorted(group.instances, key=lambda instance: instance.identifier in warm)
        for instance in ordered[: group.surplus]:
            await self._end(instance, shrinks=True)
            self._tell(group, f"it was cancelled, and {instance.identifier} ends")
        await self._note_surplus(group, 0)

    def _warm(self, group: Group, now: float) -> set[str]:
        return {member.instance for member in self._fleets.members() if group.is_warm(member, now)}

    async def _go_on(self, group: Group, preferences: Mapping[str, Any], now: float) -> None:
        chosen = plan(group, self._warm(group, now), group.surplus, preferences)
        if chosen.launch:
            await self._set_capacity(group, group.desired + chosen.launch)
            await self._note_surplus(group, chosen.launch)
            self._tell(group, f"{chosen.launch} new instances start before old ones end")
        for instance in chosen.end:
            await self._end(instance, shrinks=chosen.shrinks)
            self._tell(group, f"{instance.identifier} is of an old version and ends")
        if chosen.shrinks:
            await self._note_surplus(group, group.surplus - len(chosen.end))

    async def _set_capacity(self, group: Group, desired: int) -> None:
        await self._context.aws.call(
            "autoscaling", "set_desired_capacity", AutoScalingGroupName=group.name, DesiredCapacity=desired
        )

    async def _end(self, instance: Instance, *, shrinks: bool) -> None:
        await self._context.aws.call(
            "autoscaling",
            "terminate_instance_in_auto_scaling_group",
            InstanceId=instance.identifier,
            ShouldDecrementDesiredCapacity=shrinks,
        )

    async def _note_surplus(self, group: Group, surplus: int) -> None:
        """Note it where whoever leads next finds it, for as long as there is one."""
        tag = {"ResourceId": group.name, "ResourceType": "auto-scaling-group", "Key": SURPLUS}
        noted = {**tag, "Value": str(surplus), "PropagateAtLaunch": False}
        operation = "create_or_update_tags" if surplus else "delete_tags"
        await self._context.aws.call("autoscaling", operation, Tags=[noted if surplus else tag])

    def _tell(self, group: Group, what: str) -> None:
        sentence = f"{group.name} is refreshed: {what}"
        logger.info(sentence)
        self._context.timeline.tell("refresh", group.name, sentence)


def plan(group: Group, warm: set[str], surplus: int, preferences: Mapping[str, Any]) -> Step:
    """Return the next step of a refresh.

    `warm` are the instances that serve and have warmed up, `surplus` is how many were launched beyond the
    capacity and have not taken an old one's place yet. Nothing is done while a new instance starts.
    """
    old = [instance for instance in group.instances if instance.version != group.version]
    starting = [one for one in group.instances if one.version == group.version and one.identifier not in warm]
    if starting or not old:
        return Step()
    if surplus:
        return Step(end=old[:surplus], shrinks=True)
    extra = math.floor(group.desired * (preferences.get("MaxHealthyPercentage", MAX_HEALTHY) - 100) / 100)
    if extra > 0:
        return Step(launch=min(extra, len(old)))
    least = math.ceil(group.desired * preferences.get("MinHealthyPercentage", MIN_HEALTHY) / 100)
    return Step(end=old[: max(len(group.instances) - least, 1)])
