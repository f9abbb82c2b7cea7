"""Groups change their sizes by the clock, in the time zone of the schedule."""

from datetime import UTC, datetime
from typing import Any

import pytest

from scripts.local.runtime.context import Context
from scripts.local.runtime.control.scheduled_actions import ScheduledActions, is_due
from tests.scripts.local.runtime.deployed import bundle, delete_fleet, deploy_fleet


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


MORNING = {"Recurrence": "0 8 * * MON-FRI", "TimeZone": "Europe/Berlin"}


@pytest.mark.parametrize(
    ("action", "before", "now", "expected"),
    [
        (MORNING, "2026-07-01 05:59:58", "2026-07-01 06:00:03", True),  # summer: two hours before UTC
        (MORNING, "2026-07-01 06:00:03", "2026-07-01 06:00:08", False),
        (MORNING, "2026-01-05 06:59:58", "2026-01-05 07:00:00", True),
        (MORNING, "2026-07-04 05:59:58", "2026-07-04 06:00:03", False),  # a Saturday
        ({"Recurrence": "*/5 * * * *"}, "2026-07-01 06:04:59", "2026-07-01 06:05:00", True),
        ({"StartTime": "2026-07-01 06:00:00"}, "2026-07-01 05:59:59", "2026-07-01 06:00:01", True),
        ({"StartTime": "2026-07-01 06:00:00"}, "2026-07-01 06:00:01", "2026-07-01 06:00:06", False),
        (
            {**MORNING, "StartTime": "2026-08-01 00:00:00"},
            "2026-07-01 05:59:58",
            "2026-07-01 06:00:03",
            False,
        ),
        ({**MORNING, "EndTime": "2026-06-01 00:00:00"}, "2026-07-01 05:59:58", "2026-07-01 06:00:03", False),
    ],
)
def test_an_action_is_due_once(action: dict[str, Any], before: str, now: str, *, expected: bool) -> None:
    times = {"StartTime", "EndTime"} & action.keys()
    told = {**action, **{key: datetime.fromisoformat(action[key]).replace(tzinfo=UTC) for key in times}}
    assert is_due(told, at(before), at(now)) is expected


async def test_a_due_action_changes_the_group_and_is_told(context: Context) -> None:
    deploy_fleet(context.aws, "clock", content=bundle())
    autoscaling = context.aws.client("autoscaling")
    autoscaling.put_scheduled_update_group_action(
        AutoScalingGroupName="clock", ScheduledActionName="morning", Recurrence="0 8 * * *", MinSize=2
    )
    actions = ScheduledActions(context)
    for now in ("2026-07-01 07:59:55", "2026-07-01 08:00:00", "2026-07-01 08:00:05"):
        await actions.step(at(now))
    (group,) = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=["clock"])["AutoScalingGroups"]
    assert (group["MinSize"], group["MaxSize"], group["DesiredCapacity"]) == (2, 4, 2)
    (event,) = context.timeline.events()
    assert event.sentence == "the schedule 'morning' changed clock: MinSize 2"
    autoscaling.delete_scheduled_action(AutoScalingGroupName="clock", ScheduledActionName="morning")
    delete_fleet(context.aws, "clock")
