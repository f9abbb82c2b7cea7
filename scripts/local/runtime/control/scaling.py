"""Moves the desired capacity of groups as their policies ask for it: target tracking, and step scaling."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace

from scripts.local.runtime.context import Context
from scripts.local.runtime.control import groups, points, stepping, tracking
from scripts.local.runtime.control.decision import IN_DATA_POINTS, Decision, Measured, decide
from scripts.local.runtime.control.groups import Group
from scripts.local.runtime.control.points import Point
from scripts.local.runtime.control.stepping import Call
from scripts.local.runtime.control.tracking import Policy
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
        acting = {name for name, group in found.items() if PROCESS not in group.suspended}
        tracked = [it for it in await tracking.policies(self._context.aws) if it.group in acting]
        series = [policy.series for policy in tracked]
        measured = await points.read(self._context.aws, series, IN_DATA_POINTS, now)
        asked = [self._measured(policy, some) for policy, some in zip(tracked, measured, strict=True)]
        calls = await stepping.calls(self._context.aws, acting, now)
        for name in sorted(acting):
            own = [it for policy, it in zip(tracked, asked, strict=True) if policy.group == name]
            await self._follow(found[name], own, [call for call in calls if call.policy.group == name], now)

    def _watch_changes(self, found: Mapping[str, Group], now: float) -> None:
        """Note when a capacity changed, whoever changed it."""
        for name, group in found.items():
            if self._desired.get(name, group.desired) != group.desired:
                self._changed_at[name] = now
        self._desired = {name: group.desired for name, group in found.items()}

    def _measured(self, policy: Policy, found: Sequence[Point]) -> Measured:
        changed_at = self._changed_at.get(policy.group, 0.0)
        return Measured(
            policy=policy.name,
            metric=policy.series.title,
            target=policy.target,
            scales_in=policy.scales_in,
            values=[point.value for point in found],
            since_change=sum(point.time >= changed_at for point in found),
        )

    async def _follow(
        self, group: Group, policies: Sequence[Measured], calls: Sequence[Call], now: float
    ) -> None:
        """Set what the policies of a group ask for: of several answers, the largest capacity holds.

        Amazon EC2 Auto Scaling User Guide, "Multiple scaling policies".
        """
        answers = [decide(group, self._warm(group, now), policies)]
        for call in calls:
            own = group if call.policy.warm_up is None else replace(group, warm_up=call.policy.warm_up)
            answers.append(stepping.decide(group, self._warm(own, now), call))
        decisions = [answer for answer in answers if answer is not None]
        if decisions:
            await self._set(group, max(decisions, key=lambda decision: decision.desired))

    def _warm(self, group: Group, now: float) -> int:
        """Return how many instances of a group have warmed up."""
        members = [member for member in self._fleets.members() if member.group == group.name]
        return sum(group.is_warm(member, now) for member in members)

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
