"""The services: auto-scaling groups with their instances."""

from collections.abc import Mapping, Sequence
from typing import Any

from scripts.local.console.model import Group, Node, Sizes
from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.control.tracking import CPU, REQUESTS
from scripts.local.runtime.fleets import deployed

Policies = Sequence[Mapping[str, Any]]
"""Items of DescribePolicies."""

PREDEFINED = {"CPUUtilization": CPU, "RequestCountPerTarget": REQUESTS}


async def groups(aws: Aws) -> list[Group]:
    """Return each auto-scaling group with its instances."""
    answer = await aws.collect("autoscaling", "describe_auto_scaling_groups")
    return [await _group(aws, found) for found in answer["AutoScalingGroups"]]


async def _group(aws: Aws, found: Mapping[str, Any]) -> Group:
    name = found["AutoScalingGroupName"]
    answer = await aws.collect("autoscaling", "describe_policies", AutoScalingGroupName=name)
    policies: Policies = answer["ScalingPolicies"]
    return Group(
        id=f"fleet-{name}",
        tier="services",
        kind="fleet",
        title=name,
        nodes=tuple(_instance(name, one) for one in found["Instances"]),
        sizes=Sizes(minimum=found["MinSize"], desired=found["DesiredCapacity"], maximum=found["MaxSize"]),
        targets=_targets(policies),
        bursts=await _bursts(aws, policies),
        told=frozenset(found["TargetGroupARNs"]),
        hears=await _settings(aws, found),
    )


def _instance(group: str, found: Mapping[str, Any]) -> Node:
    identifier = found["InstanceId"]
    return Node(
        id=identifier,
        title=f"{identifier[:8]}…",
        role=f"{found['LifecycleState']} in {found['AvailabilityZone']}",
        processes=(f"*-{identifier}",),
        described={**found, "AutoScalingGroupName": group},
    )


def _targets(policies: Policies) -> dict[str, float]:
    tracked = [policy.get("TargetTrackingConfiguration", {}) for policy in policies]
    return {
        one["PredefinedMetricSpecification"]["PredefinedMetricType"]: one["TargetValue"]
        for one in tracked
        if "PredefinedMetricSpecification" in one
    }


async def _bursts(aws: Aws, policies: Policies) -> dict[str, float]:
    """Return the thresholds of the alarms of step scaling, by what target tracking calls their metrics."""
    bursts = {}
    for step in (policy for policy in policies if policy["PolicyType"] == "StepScaling"):
        answer = await aws.call("cloudwatch", "describe_alarms", ActionPrefix=step["PolicyARN"])
        for alarm in answer["MetricAlarms"]:
            if alarm["MetricName"] in PREDEFINED:
                bursts[PREDEFINED[alarm["MetricName"]]] = alarm["Threshold"]
    return bursts


async def _settings(aws: Aws, group: Mapping[str, Any]) -> dict[str, str]:
    """Return the parameters that the group's instances read at their start."""
    template = group.get("LaunchTemplate")
    if template is None:
        return {}
    described = await deployed.description(aws, template, group["AutoScalingGroupName"])
    return await deployed.parameters(aws, described)
