"""Target tracking policies as they were deployed, and what they go by.

Step scaling is in `stepping`. Predictive scaling is not followed: it learns for a day at the least.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.control.points import Series

CPU = "ASGAverageCPUUtilization"
REQUESTS = "ALBRequestCountPerTarget"


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A policy that is on, and the metric whose average it keeps at its target."""

    name: str
    group: str
    target: float
    scales_in: bool
    series: Series


async def policies(aws: Aws) -> list[Policy]:
    """Return the policies that are on and track CPU or requests."""
    answer = await aws.collect("autoscaling", "describe_policies", PolicyTypes=["TargetTrackingScaling"])
    found = [_policy(one) for one in answer["ScalingPolicies"] if one.get("Enabled", True)]
    return [policy for policy in found if policy is not None]


def _policy(described: Mapping[str, Any]) -> Policy | None:
    configuration = described["TargetTrackingConfiguration"]
    group = described["AutoScalingGroupName"]
    series = _series(group, configuration.get("PredefinedMetricSpecification", {}))
    if series is None:
        return None
    return Policy(
        name=described["PolicyName"],
        group=group,
        target=configuration["TargetValue"],
        scales_in=not configuration.get("DisableScaleIn", False),
        series=series,
    )


def _series(group: str, metric: Mapping[str, str]) -> Series | None:
    """Return what a predefined metric of a group is; None for one that nobody measures here."""
    if metric.get("PredefinedMetricType") == CPU:
        return Series(
            namespace="AWS/EC2",
            metric="CPUUtilization",
            dimensions={"AutoScalingGroupName": group},
            statistic="Average",
        )
    if metric.get("PredefinedMetricType") == REQUESTS:
        balancer, _, target_group = metric["ResourceLabel"].partition("/targetgroup/")
        return Series(
            namespace="AWS/ApplicationELB",
            metric="RequestCountPerTarget",
            dimensions={"LoadBalancer": balancer, "TargetGroup": f"targetgroup/{target_group}"},
            statistic="Sum",
        )
    return None
