"""How a fleet answers a burst: capacity in proportion, after one minute of far more load than it aims at.

The alarms that AWS makes for target tracking want three minutes above the target. The alarm of a step scaling
policy is ours and wants one (Amazon EC2 Auto Scaling User Guide, "Step and simple scaling policies": an
additional policy for a more aggressive response when demand reaches a certain level). It only adds: if it
removed instances, it would do so before target tracking is ready for that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import pulumi
import pulumi_aws as aws

from infra.components.alarms import physical_name

MULTIPLES = (1.5, 2, 3, 4)
"""Of the target of requests: what an instance has more than that is what the fleet lacks."""

LEAST = 2
"""Instances that a burst adds at the least: AWS rounds a percentage down, and zones come in pairs."""


@dataclass(frozen=True, kw_only=True)
class BurstArgs:
    """
    Attributes:
        namespace, metric, dimensions: of the CloudWatch metric, which must be measured every minute.
        statistic: how a minute's samples become one value.
        steps: percent of the capacity that are added, by the value from which they are, the lowest first.
        warm_up: seconds until a new instance counts: meanwhile, only what a higher step adds is added.
    """

    namespace: str
    metric: str
    dimensions: Mapping[str, pulumi.Input[str]]
    statistic: Literal["Average", "Sum"]
    steps: Mapping[int, int]
    warm_up: int


def request_steps(target: int) -> dict[int, int]:
    """Return the steps for requests a minute and instance: each brings what reaches it back to the target."""
    return {round(target * multiple): round(100 * (multiple - 1)) for multiple in MULTIPLES}


def cpu_steps(target: int) -> dict[int, int]:
    """Return the steps for average CPU in percent.

    They begin at one and a half times and three times the target, at the latest half and three quarters of
    the way to all of the CPU. At all of it, nobody knows how much more is asked for: the second doubles.
    """
    room = 100 - target
    return {min(target * 3 // 2, target + room // 2): 50, min(target * 3, target + room * 3 // 4): 100}


def answer(
    fleet: str, what: str, group: aws.autoscaling.Group, args: BurstArgs, opts: pulumi.ResourceOptions
) -> None:
    """Give the group of `fleet` a step scaling policy for bursts of `what`, and the policy its alarm."""
    name = f"{fleet}-{what}-burst"
    policy = aws.autoscaling.Policy(
        name,
        name=name,
        autoscaling_group_name=group.name,
        policy_type="StepScaling",
        adjustment_type="PercentChangeInCapacity",
        min_adjustment_magnitude=LEAST,
        metric_aggregation_type="Average",
        estimated_instance_warmup=args.warm_up,
        step_adjustments=_adjustments(args.steps),
        opts=opts,
    )
    aws.cloudwatch.MetricAlarm(
        name,
        name=physical_name(name),
        alarm_description=f"{fleet} has far more load than it aims at; it scales out by itself.",
        namespace=args.namespace,
        metric_name=args.metric,
        dimensions=args.dimensions,
        statistic=args.statistic,
        period=60,
        evaluation_periods=1,
        datapoints_to_alarm=1,
        comparison_operator="GreaterThanOrEqualToThreshold",
        threshold=min(args.steps),
        treat_missing_data="notBreaching",  # nothing is reported where nobody asks
        alarm_actions=[policy.arn],
        opts=opts,
    )


def _adjustments(steps: Mapping[int, int]) -> list[aws.autoscaling.PolicyStepAdjustmentArgsDict]:
    """Return the steps as AWS wants them: from the threshold on, without a gap, the last without end."""
    threshold = min(steps)
    adjustments: list[aws.autoscaling.PolicyStepAdjustmentArgsDict] = [
        {
            "metric_interval_lower_bound": str(begin - threshold),
            "metric_interval_upper_bound": str(end - threshold),
            "scaling_adjustment": steps[begin],
        }
        for begin, end in pairwise(sorted(steps))
    ]
    last = max(steps)
    bound = str(last - threshold)
    return [*adjustments, {"metric_interval_lower_bound": bound, "scaling_adjustment": steps[last]}]
