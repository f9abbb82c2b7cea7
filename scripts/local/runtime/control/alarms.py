"""Alarms of CloudWatch: what they want, and the states that what was measured puts them in.

Amazon CloudWatch User Guide, "Alarm evaluation" and "Configuring how alarms treat missing data". Periods are
shortened like everything that AWS does by the minute; thresholds are AWS's.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.control.minute import MINUTE, shortened
from scripts.local.runtime.control.points import Series

ALARM, OK, UNKNOWN = "ALARM", "OK", "INSUFFICIENT_DATA"

COMPARISONS: Mapping[str, tuple[str, Callable[[float, float], bool]]] = {
    "GreaterThanOrEqualToThreshold": ("at least", operator.ge),
    "GreaterThanThreshold": ("above", operator.gt),
    "LessThanThreshold": ("below", operator.lt),
    "LessThanOrEqualToThreshold": ("at most", operator.le),
}


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """An alarm on one metric.

    It is in alarm when `to_alarm` of the last `periods` values are on the wrong side of the threshold, by
    `comparison`; `missing` is what periods without a value count as, as CloudWatch calls it.
    """

    name: str
    series: Series
    comparison: str
    threshold: float
    periods: int
    to_alarm: int
    missing: str
    state: str
    actions: Sequence[str]

    @property
    def limit(self) -> str:
        """The threshold in words."""
        return f"{COMPARISONS[self.comparison][0]} {self.threshold:g}"

    def judged(self, values: Sequence[float]) -> str:
        """Return the state that the values of the last periods put it in, of which some may be missing.

        Values from before the last periods are not looked at, which CloudWatch may do where some are missing.
        """
        if not values and self.missing == "ignore":
            return self.state
        if not values and self.missing == "missing":
            return UNKNOWN
        breaches = COMPARISONS[self.comparison][1]
        wrong = sum(breaches(value, self.threshold) for value in values)
        if self.missing == "breaching":
            wrong += self.periods - len(values)
        return ALARM if wrong >= self.to_alarm else OK


async def acting(aws: Aws, prefix: str) -> list[Alarm]:
    """Return the alarms on one metric with an action whose ARN begins with `prefix`."""
    answer = await aws.collect(
        "cloudwatch", "describe_alarms", ActionPrefix=prefix, AlarmTypes=["MetricAlarm"]
    )
    return [_alarm(found) for found in answer["MetricAlarms"] if found.get("Statistic")]


async def tell(aws: Aws, alarm: Alarm, state: str, reason: str) -> None:
    """Give the alarm its state, where it has another one."""
    if state != alarm.state:
        named = {"AlarmName": alarm.name, "StateValue": state, "StateReason": reason}
        await aws.call("cloudwatch", "set_alarm_state", **named)


def _alarm(described: Mapping[str, Any]) -> Alarm:
    periods = described["EvaluationPeriods"]
    return Alarm(
        name=described["AlarmName"],
        series=Series(
            namespace=described["Namespace"],
            metric=described["MetricName"],
            dimensions={it["Name"]: it["Value"] for it in described["Dimensions"]},
            statistic=described["Statistic"],
            period=max(MINUTE, shortened(described["Period"])),
        ),
        comparison=described["ComparisonOperator"],
        threshold=described["Threshold"],
        periods=periods,
        to_alarm=described.get("DatapointsToAlarm") or periods,
        missing=described.get("TreatMissingData") or "missing",
        state=described["StateValue"],
        actions=described["AlarmActions"] if described["ActionsEnabled"] else (),
    )
