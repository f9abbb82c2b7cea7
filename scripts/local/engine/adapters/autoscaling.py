"""aws:autoscaling: groups of instances, what sizes them, and where they stop to be looked after."""

from typing import Any

from scripts.local.engine.registry import Created, creates
from scripts.local.engine.resource import Resource

KEEP = -1
"""A size that a schedule leaves as it is."""

NAMES = {
    "id": "LaunchTemplateId",
    "launchTemplateName": "LaunchTemplateName",
    "name": "LifecycleHookName",
    "protectFromScaleIn": "NewInstancesProtectedFromScaleIn",
}


@creates("aws:autoscaling/group:Group")
def group(resource: Resource) -> Created:
    """Create a group, which launches its instances at once. Default tags do not reach it, as at AWS."""
    resource.without_effect(
        "forceDelete",
        "instanceRefresh",
        "minElbCapacity",  # how long Pulumi waits: nothing runs locally before the runtime starts it
        "waitForCapacityTimeout",
        "waitForElbCapacity",
    )
    name = resource.take_name()
    subnets = resource.take("vpcZoneIdentifiers", [])
    warm_pool, metrics = resource.take("warmPool"), resource.take_all("enabledMetrics", "metricsGranularity")
    hooks = {"lifecycleHookSpecificationList": resource.take("initialLifecycleHooks")}
    resource.send(
        "autoscaling",
        "create_auto_scaling_group",
        {**resource.rest(), **hooks},
        NAMES,
        AutoScalingGroupName=name,
        VPCZoneIdentifier=",".join(subnets),
    )
    if warm_pool:
        resource.send("autoscaling", "put_warm_pool", warm_pool, AutoScalingGroupName=name)
    if metrics:
        _measure(resource, name, metrics)
    described = resource.call("autoscaling", "describe_auto_scaling_groups", AutoScalingGroupNames=[name])
    arn = described["AutoScalingGroups"][0]["AutoScalingGroupARN"]
    return name, {"arn": arn, "name": name}


@creates("aws:autoscaling/policy:Policy")
def policy(resource: Resource) -> Created:
    """Attach a scaling policy to a group."""
    name = resource.take_name()
    predictive = resource.take("predictiveScalingConfiguration")
    tracking = resource.take("targetTrackingConfiguration")
    values = {
        **resource.rest(),
        **({"targetTrackingConfiguration": {"disableScaleIn": False, **tracking}} if tracking else {}),
        **({"predictiveScalingConfiguration": _plural(predictive)} if predictive else {}),
    }
    resource.send("autoscaling", "put_scaling_policy", values, PolicyName=name)
    described = resource.call(
        "autoscaling",
        "describe_policies",
        AutoScalingGroupName=values["autoscalingGroupName"],
        PolicyNames=[name],
    )
    return name, {"arn": described["ScalingPolicies"][0]["PolicyARN"], "name": name}


@creates("aws:autoscaling/schedule:Schedule")
def schedule(resource: Resource) -> Created:
    """Have a group's sizes change by the clock."""
    sizes = resource.take_all("minSize", "maxSize", "desiredCapacity")
    changed = {key: value for key, value in sizes.items() if value != KEEP}
    values = {**resource.rest(), **changed}
    resource.send("autoscaling", "put_scheduled_update_group_action", values)
    name, own = values["scheduledActionName"], values["autoscalingGroupName"]
    return name, {"arn": resource.arn("autoscaling", f"scheduledUpdateGroupAction::{own}/{name}")}


@creates("aws:autoscaling/lifecycleHook:LifecycleHook")
def lifecycle_hook(resource: Resource) -> Created:
    """Have a group wait for each instance that comes or goes."""
    name = resource.take_name()
    resource.send("autoscaling", "put_lifecycle_hook", resource.rest(), LifecycleHookName=name)
    return name, {"name": name}


def _measure(resource: Resource, group: str, metrics: dict[str, Any]) -> None:
    resource.call(
        "autoscaling",
        "enable_metrics_collection",
        AutoScalingGroupName=group,
        Metrics=metrics.get("enabledMetrics", []),
        Granularity=metrics.get("metricsGranularity", "1Minute"),
    )


def _plural(configuration: dict[str, Any]) -> dict[str, Any]:
    """AWS takes a list of specifications, of which there can be one."""
    others = {key: value for key, value in configuration.items() if key != "metricSpecification"}
    return {**others, "metricSpecifications": [configuration["metricSpecification"]]}
