"""Target tracking policies as they were deployed, and what CloudWatch has of their metrics.

Of the other kinds, none of ours is followed: predictive scaling learns for a day at the least.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.control.datum import listed
from scripts.local.runtime.control.decision import IN_DATA_POINTS
from scripts.local.runtime.control.minute import MINUTE

CPU = "ASGAverageCPUUtilization"
REQUESTS = "ALBRequestCountPerTarget"


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A policy that is on, and where its metric is; `scale` makes a period's value one of a minute."""

    name: str
    group: str
    target: float
    scales_in: bool
    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    statistic: Literal["Average", "Sum"]
    scale: float
    title: str


@dataclass(frozen=True, kw_only=True)
class Point:
    """A value for the period that began at `time`, in seconds since the epoch."""

    time: float
    value: float


async def policies(aws: Aws) -> list[Policy]:
    """Return the policies that are on and track CPU or requests."""
    answer = await aws.collect("autoscaling", "describe_policies", PolicyTypes=["TargetTrackingScaling"])
    found = [_policy(one) for one in answer["ScalingPolicies"] if one.get("Enabled", True)]
    return [policy for policy in found if policy is not None]


async def points(aws: Aws, followed: Sequence[Policy], now: float) -> dict[str, list[Point]]:
    """Return what there is of the last `IN_DATA_POINTS` periods, by policy, the oldest first."""
    answer = await aws.call(
        "cloudwatch",
        "get_metric_data",
        MetricDataQueries=[_query(f"m{number}", policy) for number, policy in enumerate(followed)],
        StartTime=datetime.fromtimestamp(now - IN_DATA_POINTS * MINUTE, tz=UTC),
        EndTime=datetime.fromtimestamp(now, tz=UTC),
        ScanBy="TimestampAscending",
    )
    found = {result["Id"]: result for result in answer["MetricDataResults"]}
    return {
        policy.name: [
            Point(time=at.timestamp(), value=value * policy.scale)
            for at, value in zip(
                found[f"m{number}"]["Timestamps"], found[f"m{number}"]["Values"], strict=True
            )
        ]
        for number, policy in enumerate(followed)
    }


def _policy(described: Mapping[str, Any]) -> Policy | None:
    configuration = described["TargetTrackingConfiguration"]
    metric = configuration.get("PredefinedMetricSpecification", {})
    group = described["AutoScalingGroupName"]
    where: dict[str, Any]
    if metric.get("PredefinedMetricType") == CPU:
        where = {
            "namespace": "AWS/EC2",
            "metric": "CPUUtilization",
            "dimensions": {"AutoScalingGroupName": group},
            "statistic": "Average",
            "scale": 1.0,
            "title": "the average CPU in percent",
        }
    elif metric.get("PredefinedMetricType") == REQUESTS:
        balancer, _, target_group = metric["ResourceLabel"].partition("/targetgroup/")
        where = {
            "namespace": "AWS/ApplicationELB",
            "metric": "RequestCountPerTarget",
            "dimensions": {"LoadBalancer": balancer, "TargetGroup": f"targetgroup/{target_group}"},
            "statistic": "Sum",
            "scale": 60 / MINUTE,
            "title": "requests a minute and instance",
        }
    else:
        return None
    return Policy(
        name=described["PolicyName"],
        group=group,
        target=configuration["TargetValue"],
        scales_in=not configuration.get("DisableScaleIn", False),
        **where,
    )


def _query(identifier: str, policy: Policy) -> dict[str, Any]:
    metric = {
        "Namespace": policy.namespace,
        "MetricName": policy.metric,
        "Dimensions": listed(policy.dimensions),
    }
    statistic = {"Metric": metric, "Period": round(MINUTE), "Stat": policy.statistic}
    return {"Id": identifier, "MetricStat": statistic}
