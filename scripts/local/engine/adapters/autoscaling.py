"""aws:autoscaling: groups of instances and the policies that size them."""

from scripts.local.engine.registry import Created, creates
from scripts.local.engine.resource import Resource


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
    template = {"id": "LaunchTemplateId", "launchTemplateName": "LaunchTemplateName"}
    resource.send(
        "autoscaling",
        "create_auto_scaling_group",
        resource.rest(),
        template,
        AutoScalingGroupName=name,
        VPCZoneIdentifier=",".join(subnets),
    )
    described = resource.call("autoscaling", "describe_auto_scaling_groups", AutoScalingGroupNames=[name])
    arn = described["AutoScalingGroups"][0]["AutoScalingGroupARN"]
    return name, {"arn": arn, "name": name}


@creates("aws:autoscaling/policy:Policy")
def policy(resource: Resource) -> Created:
    """Attach a scaling policy to a group."""
    name = resource.take_name()
    values = resource.rest()
    resource.send("autoscaling", "put_scaling_policy", values, PolicyName=name)
    described = resource.call(
        "autoscaling",
        "describe_policies",
        AutoScalingGroupName=values["autoscalingGroupName"],
        PolicyNames=[name],
    )
    return name, {"arn": described["ScalingPolicies"][0]["PolicyARN"], "name": name}
