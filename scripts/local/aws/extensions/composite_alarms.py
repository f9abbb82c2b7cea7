"""CloudWatch: composite alarms. Needed for moto 5.2.5, which describes them and has no way to put one."""

from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult


def install() -> None:
    """Put a composite alarm the way moto puts alarms; it keeps the rule, and never evaluates it."""
    CloudWatchResponse.put_composite_alarm = put_composite_alarm  # type: ignore[attr-defined]


def put_composite_alarm(response: CloudWatchResponse) -> ActionResult:
    """Answer PutCompositeAlarm."""
    answer: ActionResult = response.put_metric_alarm()
    return answer
