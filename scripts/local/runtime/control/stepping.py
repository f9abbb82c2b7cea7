"""Step scaling: policies as they were deployed, and what they ask for while an alarm of theirs rings.

Amazon EC2 Auto Scaling User Guide, "Step and simple scaling policies". An alarm calls its policy once a
minute for as long as it rings (CloudWatch User Guide, "Alarm actions"): here, each period.
"""

import math
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.control import alarms, points
from scripts.local.runtime.control.alarms import Alarm
from scripts.local.runtime.control.decision import Decision
from scripts.local.runtime.control.groups import Group

AGGREGATIONS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "Average": fmean,
    "Minimum": min,
    "Maximum": max,
}


@dataclass(frozen=True, kw_only=True)
class Step:
    """What is done where the metric is between two distances from the alarm's threshold."""

    lower: float
    upper: float
    adjustment: int

    def holds(self, distance: float) -> bool:
        """Tell whether it is the one for a distance: the bound next to the threshold is part of a step."""
        if distance >= 0:
            return self.lower <= distance < self.upper
        return self.lower < distance <= self.upper


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A step scaling policy that is on.

    `adjustment` is how those of its steps are meant, `least` the fewest instances that a percentage moves,
    `warm_up` an instance's in AWS's seconds; None is the group's.
    """

    name: str
    arn: str
    group: str
    adjustment: str
    least: int
    aggregation: str
    warm_up: float | None
    steps: Sequence[Step]


@dataclass(frozen=True, kw_only=True)
class Call:
    """A policy that is called by its alarm, and the value of the metric for which it is."""

    policy: Policy
    alarm: Alarm
    value: float


async def calls(aws: Aws, groups: Container[str], now: float) -> list[Call]:
    """Judge the alarms of the policies of `groups` at `now`, and return the calls of those that ring."""
    called = {policy.arn: policy for policy in await _policies(aws) if policy.group in groups}
    if not called:
        return []
    prefix = next(iter(called)).partition("scalingPolicy:")[0]
    own = [it for it in await alarms.acting(aws, prefix) if called.keys() & set(it.actions)]
    longest = max((alarm.periods for alarm in own), default=0)
    measured = await points.read(aws, [alarm.series for alarm in own], longest, now)
    found = []
    for alarm, some in zip(own, measured, strict=True):
        since = now - alarm.periods * alarm.series.period
        values = [point.value for point in some if point.time >= since]
        state = alarm.judged(values)
        await alarms.tell(aws, alarm, state, f"{alarm.series.title}: {values}, alarm: {alarm.limit}")
        if state == alarms.ALARM and values:
            policies = [called[arn] for arn in alarm.actions if arn in called]
            found += [
                Call(policy=policy, alarm=alarm, value=AGGREGATIONS[policy.aggregation](values))
                for policy in policies
            ]
    return found


def decide(group: Group, warm: int, call: Call) -> Decision | None:
    """Return how many instances a policy asks for, None where that is as many as the group has.

    `warm` is the number of instances that serve and have warmed up by the policy's own time. They alone are
    the capacity that a step adds to: what warms up is on its way, so that only what a higher step adds beyond
    it is added. There are not fewer while one warms up.
    """
    step = next((it for it in call.policy.steps if it.holds(call.value - call.alarm.threshold)), None)
    if step is None:
        return None
    capacity = _capacity(call.policy, step, min(warm, group.desired))
    wanted = min(max(capacity, group.minimum), group.maximum)
    if wanted > group.desired or wanted < group.desired <= warm:
        return Decision(desired=wanted, reason=_reason(call, step))
    return None


def _capacity(policy: Policy, step: Step, current: int) -> int:
    if policy.adjustment == "ExactCapacity":
        return step.adjustment
    if policy.adjustment == "ChangeInCapacity":
        return current + step.adjustment
    return current + _share(current * step.adjustment / 100, policy.least)


def _share(change: float, least: int) -> int:
    """Return a percentage as instances: towards none, but one at least, and `least` where that is more."""
    if change == 0:
        return 0
    return int(math.copysign(max(math.floor(abs(change)), 1, least), change))


def _reason(call: Call, step: Step) -> str:
    what, policy = step.adjustment, call.policy
    done = {"ExactCapacity": f"there are to be {what}", "ChangeInCapacity": f"{what:+d}"}
    alarm = call.alarm
    often = "in one period" if alarm.periods == 1 else f"in {alarm.to_alarm} of {alarm.periods} periods"
    return (
        f"{alarm.series.title} was {alarm.limit} {often}, last {call.value:.4g}:"
        f" {done.get(policy.adjustment, f'{what:+d} %')} ({policy.name})"
    )


async def _policies(aws: Aws) -> list[Policy]:
    answer = await aws.collect("autoscaling", "describe_policies", PolicyTypes=["StepScaling"])
    return [_policy(found) for found in answer["ScalingPolicies"] if found.get("Enabled", True)]


def _policy(described: Mapping[str, Any]) -> Policy:
    return Policy(
        name=described["PolicyName"],
        arn=described["PolicyARN"],
        group=described["AutoScalingGroupName"],
        adjustment=described["AdjustmentType"],
        least=described.get("MinAdjustmentMagnitude") or 0,
        aggregation=described.get("MetricAggregationType") or "Average",
        warm_up=described.get("EstimatedInstanceWarmup"),
        steps=[
            Step(
                lower=it.get("MetricIntervalLowerBound", -math.inf),
                upper=it.get("MetricIntervalUpperBound", math.inf),
                adjustment=it["ScalingAdjustment"],
            )
            for it in described["StepAdjustments"]
        ],
    )
