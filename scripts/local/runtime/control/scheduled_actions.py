"""Changes the sizes of groups when it is time: scheduled actions, by the real clock."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from cronsim import CronSim

from scripts.local.runtime.context import Context
from scripts.local.runtime.control import groups

# The process of Auto Scaling that runs them; `suspend_processes` makes it rest.
PROCESS = "ScheduledActions"
SIZES = ("MinSize", "MaxSize", "DesiredCapacity")


class ScheduledActions:
    """Runs what became due since the last step; what was due before the first one is not made up for."""

    name = "scheduled actions"

    def __init__(self, context: Context) -> None:
        self._context = context
        self._before: float | None = None

    async def step(self, now: float) -> None:
        """Run what is due at `now`, in seconds since the epoch."""
        before, self._before = self._before or now, now
        answer = await self._context.aws.collect("autoscaling", "describe_scheduled_actions")
        due = [one for one in answer["ScheduledUpdateGroupActions"] if is_due(one, before, now)]
        if not due:
            return
        found = await groups.read(self._context.aws)
        for action in due:
            group = found.get(action["AutoScalingGroupName"])
            if group is not None and PROCESS not in group.suspended:
                await self._run(action)

    async def _run(self, action: Mapping[str, Any]) -> None:
        name, sizes = action["AutoScalingGroupName"], {key: action[key] for key in SIZES if key in action}
        await self._context.aws.call(
            "autoscaling", "update_auto_scaling_group", AutoScalingGroupName=name, **sizes
        )
        told = ", ".join(f"{key} {value}" for key, value in sizes.items())
        sentence = f"the schedule {action['ScheduledActionName']!r} changed {name}: {told}"
        self._context.timeline.tell("scaling", name, sentence)


def is_due(action: Mapping[str, Any], before: float, now: float) -> bool:
    """Tell whether a scheduled action is to run after `before` and not after `now`, seconds since the epoch.

    It recurs by cron in its time zone, UTC where it has none, between its start and its end; or runs once, at
    its start (Amazon EC2 Auto Scaling User Guide, "Scheduled scaling").
    """
    begins = action["StartTime"].timestamp() if "StartTime" in action else None
    if "Recurrence" not in action:
        return begins is not None and before < begins <= now
    if begins is not None and now < begins:
        return False
    if "EndTime" in action and now > action["EndTime"].timestamp():
        return False
    zone = ZoneInfo(action.get("TimeZone") or "UTC")
    following = next(CronSim(action["Recurrence"], datetime.fromtimestamp(before, tz=UTC).astimezone(zone)))
    return following.timestamp() <= now
