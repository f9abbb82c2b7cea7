"""Auto-scaling groups: what a group was told reads back."""

from collections.abc import Callable
from typing import Any

Aws = Callable[[str], Any]


def template(aws: Aws, name: str) -> str:
    data = {"ImageId": "ami-12c6146b", "InstanceType": "t4g.small"}
    created = aws("ec2").create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)
    return str(created["LaunchTemplate"]["LaunchTemplateId"])


def create(aws: Aws, name: str, **more: Any) -> None:
    """Make a group with everything that this extension is about, but for how it chooses instances."""
    choice = more or {"LaunchTemplate": {"LaunchTemplateId": template(aws, name), "Version": "1"}}
    aws("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName=name,
        MinSize=1,
        MaxSize=2,
        AvailabilityZones=["us-east-1a"],
        DefaultInstanceWarmup=90,
        MaxInstanceLifetime=86_400,
        InstanceMaintenancePolicy={"MinHealthyPercentage": 100, "MaxHealthyPercentage": 200},
        LifecycleHookSpecificationList=[
            {
                "LifecycleHookName": "launch",
                "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING",
                "HeartbeatTimeout": 300,
                "DefaultResult": "ABANDON",
            }
        ],
        **choice,
    )


def described(aws: Aws, name: str) -> dict[str, Any]:
    answer = aws("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[name])
    group: dict[str, Any] = answer["AutoScalingGroups"][0]
    return group


def test_what_a_group_was_told_reads_back(aws: Aws) -> None:
    create(aws, "told")

    group = described(aws, "told")
    assert (group["DefaultInstanceWarmup"], group["MaxInstanceLifetime"]) == (90, 86_400)
    assert group["InstanceMaintenancePolicy"] == {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 200}


def test_a_groups_first_hooks_are_there_and_notify_nobody(aws: Aws) -> None:
    create(aws, "hooked")

    (hook,) = aws("autoscaling").describe_lifecycle_hooks(AutoScalingGroupName="hooked")["LifecycleHooks"]
    assert (hook["LifecycleHookName"], hook["HeartbeatTimeout"], hook["DefaultResult"]) == (
        "launch",
        300,
        "ABANDON",
    )
    assert not hook.keys() & {"NotificationTargetARN", "RoleARN"}


def kept_hooks(aws: Aws) -> list[dict[str, Any]]:
    """The hooks of a group that was deleted."""
    create(aws, "gone")
    autoscaling = aws("autoscaling")
    autoscaling.put_lifecycle_hook(
        AutoScalingGroupName="gone",
        LifecycleHookName="drain",
        LifecycleTransition="autoscaling:EC2_INSTANCE_TERMINATING",
    )
    autoscaling.delete_auto_scaling_group(AutoScalingGroupName="gone", ForceDelete=True)
    hooks: list[dict[str, Any]] = autoscaling.describe_lifecycle_hooks(AutoScalingGroupName="gone")[
        "LifecycleHooks"
    ]
    return hooks


def test_the_hooks_of_a_group_go_with_it(aws: Aws) -> None:
    assert kept_hooks(aws) == []


def test_a_group_of_several_types_launches_from_its_version_of_the_template(aws: Aws) -> None:
    specification = {"LaunchTemplateId": template(aws, "mixed"), "Version": "1"}
    overrides = [{"InstanceType": "t4g.small"}, {"InstanceType": "t4g.medium"}]
    choice = {"LaunchTemplateSpecification": specification, "Overrides": overrides}
    create(aws, "mixed", MixedInstancesPolicy={"LaunchTemplate": choice})

    group = described(aws, "mixed")
    (instance,) = group["Instances"]
    assert group["MixedInstancesPolicy"]["LaunchTemplate"]["Overrides"] == overrides
    assert instance["LaunchTemplate"]["LaunchTemplateId"] == specification["LaunchTemplateId"]
    assert instance["LaunchTemplate"]["Version"] == "1"


def test_moto_itself_still_drops_it(moto: Aws) -> None:
    create(moto, "told")

    group = described(moto, "told")
    hooks = moto("autoscaling").describe_lifecycle_hooks(AutoScalingGroupName="told")["LifecycleHooks"]
    assert not group.keys() & {"DefaultInstanceWarmup", "MaxInstanceLifetime", "InstanceMaintenancePolicy"}
    assert hooks == []
    assert [it["LifecycleHookName"] for it in kept_hooks(moto)] == ["drain"]
