"""Moves the desired capacity of groups as their target tracking policies ask for it."""

import logging
from collections.abc import Mapping, Sequence

from scripts.local.runtime.context import Context
from scripts.local.runtime.control import groups, tracking
from scripts.local.runtime.control.decision import IN_DATA_POINTS, Decision, Measured, decide
from scripts.local.runtime.control.groups import Group
from scripts.local.runtime.control.tracking import Point, Policy
from scripts.local.runtime.fleets import Fleets

logger = logging.getLogger(__name__)

# The process of Auto Scaling that follows policies; `suspend_processes` makes it rest.
PROCESS = "AlarmNotification"


class Scaling:
    """Reads the metrics of each group's policies, decides, and sets the capacity."""

    name = "scaling"

    def __init__(self, context: Context, fleets: Fleets) -> None:
        self._context = context
        self._fleets = fleets
        self._changed_at: dict[str, float] = {}
        self._desired: dict[str, int] = {}

    async def step(self, now: float) -> None:
        """Act on what was measured up to `now`, in seconds since the epoch."""
        found = await groups.read(self._context.aws)
        self._watch_changes(found, now)
        followed = [
            policy
            for policy in await tracking.policies(self._context.aws)
            if policy.group in found and PROCESS not in found[policy.group].suspended
        ]
        if not followed:
            return
        points = await tracking.points(self._context.aws, followed, now)
        for name in sorted({policy.group for policy in followed}):
            own = [self._measured(policy, points[policy.name]) for policy in followed if policy.group == name]
            await self._follow(found[name], own, now)

    def _watch_changes(self, found: Mapping[str, Group], now: float) -> None:
        """Note when a capacity changed, whoever changed it."""
        for name, group in found.items():
            if self._desired.get(name, group.desired) != group.desired:
                self._changed_at[name] = now
        self._desired = {name: group.desired for name, group in found.items()}

    def _measured(self, policy: Policy, points: Sequence[Point]) -> Measured:
        changed_at = self._changed_at.get(policy.group, 0.0)
        return Measured(
            policy=policy.name,
            metric=policy.title,
            target=policy.target,
            scales_in=policy.scales_in,
            values=[point.value for point in points[-IN_DATA_POINTS:]],
            since_change=sum(point.time >= changed_at for point in points),
        )

    async def _follow(self, group: Group, policies: Sequence[Measured], now: float) -> None:
        members = [member for member in self._fleets.members() if member.group == group.name]
        warm = sum(group.is_warm(member, now) for member in members)
        decision = decide(group, warm, policies)
        if decision is not None:
            await self._set(group, decision)

    async def _set(self, group: Group, decision: Decision) -> None:
        await self._context.aws.call(
            "autoscaling",
            "set_desired_capacity",
            AutoScalingGroupName=group.name,
            DesiredCapacity=decision.desired,
        )
        way = "out" if decision.desired > group.desired else "in"
        sizes = f"{group.desired} to {decision.desired} instances"
        sentence = f"{group.name} scales {way} from {sizes}: {decision.reason}"
        logger.info(sentence)
        self._context.timeline.tell("scaling", group.name, sentence)
