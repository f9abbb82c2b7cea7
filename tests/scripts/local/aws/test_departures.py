"""Instances that leave a group: which, and from where."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from scripts.local import RUNS

Aws = Callable[[str], Any]


@pytest.fixture
def group(aws: Aws, request: pytest.FixtureRequest) -> str:
    """A group of three instances in two zones, behind a target group."""
    return create(aws, request.node.name[-30:])


def create(aws: Aws, name: str, zones: int = 2, **more: Any) -> str:
    subnets = aws("ec2").describe_subnets()["Subnets"][:zones]
    target_group = aws("elbv2").create_target_group(
        Name=name[:32].strip("_").replace("_", "-"), Protocol="HTTP", Port=80, VpcId=subnets[0]["VpcId"]
    )["TargetGroups"][0]["TargetGroupArn"]
    data = {"ImageId": "ami-12c6146b", "InstanceType": "t4g.small"}
    template = aws("ec2").create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)
    aws("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName=name,
        LaunchTemplate={
            "LaunchTemplateId": template["LaunchTemplate"]["LaunchTemplateId"],
            "Version": "1",
        },
        MinSize=1,
        MaxSize=4,
        DesiredCapacity=3,
        VPCZoneIdentifier=",".join(subnet["SubnetId"] for subnet in subnets),
        TargetGroupARNs=[target_group],
        **more,
    )
    return name


def described(aws: Aws, group: str) -> dict[str, Any]:
    answer = aws("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[group])
    found: dict[str, Any] = answer["AutoScalingGroups"][0]
    return found


def instances(aws: Aws, group: str) -> list[str]:
    return [instance["InstanceId"] for instance in described(aws, group)["Instances"]]


def targets(aws: Aws, group: str) -> list[str]:
    (arn,) = described(aws, group)["TargetGroupARNs"]
    health = aws("elbv2").describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    return [one["Target"]["Id"] for one in health]


def scale(aws: Aws, group: str, capacity: int) -> None:
    aws("autoscaling").set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=capacity)


def test_the_oldest_of_the_fullest_zone_leaves_and_is_no_target_any_more(aws: Aws, group: str) -> None:
    _, *others = instances(aws, group)
    scale(aws, group, 2)
    assert instances(aws, group) == others
    assert sorted(targets(aws, group)) == sorted(others)
    zones = Counter(one["AvailabilityZone"] for one in described(aws, group)["Instances"])
    assert set(zones.values()) == {1}
    scale(aws, group, 3)
    assert sorted(targets(aws, group)) == sorted(instances(aws, group))


def test_the_newest_leaves_where_the_group_says_so(aws: Aws) -> None:
    create(aws, "newest", TerminationPolicies=["NewestInstance"])
    first, second, _ = instances(aws, "newest")
    scale(aws, "newest", 2)
    assert instances(aws, "newest") == [first, second]


@pytest.mark.parametrize(
    ("policies", "leaves"),
    [
        (["AllocationStrategy", "OldestLaunchTemplate"], "old template"),
        (["Default"], "old template"),
        (["OldestLaunchTemplate", "NewestInstance"], "old template"),
        (["OldestInstance"], "oldest"),
        (["NewestInstance", "OldestLaunchTemplate"], "newest"),
    ],
)
def test_who_is_from_an_old_template_leaves_first_by_default_and_where_the_group_says_so(
    aws: Aws, request: pytest.FixtureRequest, policies: list[str], leaves: str
) -> None:
    group = create(aws, request.node.callspec.id.replace(" ", "-"), zones=1, TerminationPolicies=policies)
    template = described(aws, group)["LaunchTemplate"]["LaunchTemplateId"]
    data = {"ImageId": "ami-12c6146b", "InstanceType": "t4g.medium"}
    aws("ec2").create_launch_template_version(LaunchTemplateId=template, LaunchTemplateData=data)
    scaling = aws("autoscaling")

    def launch_from(version: str) -> None:
        scaling.update_auto_scaling_group(
            AutoScalingGroupName=group,
            LaunchTemplate={"LaunchTemplateId": template, "Version": version},
        )

    before = instances(aws, group)
    launch_from("2")  # all are replaced, so that what is from the first is not the oldest
    for name in before:
        scaling.terminate_instance_in_auto_scaling_group(
            InstanceId=name, ShouldDecrementDesiredCapacity=False
        )
    oldest = instances(aws, group)[0]
    launch_from("1")
    scale(aws, group, 4)
    old_template = instances(aws, group)[3]
    launch_from("2")
    scaling.update_auto_scaling_group(AutoScalingGroupName=group, MaxSize=5)
    scale(aws, group, 5)
    newest = instances(aws, group)[4]
    scale(aws, group, 4)

    (gone,) = {oldest, old_template, newest} - set(instances(aws, group))
    assert gone == {"oldest": oldest, "old template": old_template, "newest": newest}[leaves]


def test_an_instance_that_is_ended_in_its_group_is_replaced_everywhere(aws: Aws, group: str) -> None:
    first, *others = instances(aws, group)
    aws("autoscaling").terminate_instance_in_auto_scaling_group(
        InstanceId=first, ShouldDecrementDesiredCapacity=False
    )
    now = instances(aws, group)
    assert (len(now), first in now) == (3, False)
    assert set(others) < set(now)
    assert sorted(targets(aws, group)) == sorted(now)


# Present targets are unused: no load balancer forwards to their group.
def targets_in(aws: Aws, group: str, state: str) -> list[str]:
    (arn,) = described(aws, group)["TargetGroupARNs"]
    health = aws("elbv2").describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    return [one["Target"]["Id"] for one in health if one["TargetHealth"]["State"] == state]


def states(aws: Aws, group: str) -> dict[str, str]:
    return {one["InstanceId"]: one["LifecycleState"] for one in described(aws, group)["Instances"]}


def hook(aws: Aws, group: str) -> None:
    aws("autoscaling").put_lifecycle_hook(
        AutoScalingGroupName=group,
        LifecycleHookName="drain",
        LifecycleTransition="autoscaling:EC2_INSTANCE_TERMINATING",
    )


def test_an_instance_that_runs_drains_until_its_end_is_told(aws: Aws, group: str) -> None:
    hook(aws, group)
    first, *others = instances(aws, group)
    aws("ec2").create_tags(Resources=[first], Tags=[{"Key": RUNS, "Value": "shop"}])
    scale(aws, group, 2)
    assert states(aws, group) == {first: "Terminating:Wait"} | dict.fromkeys(others, "InService")
    assert targets_in(aws, group, "draining") == [first]
    scale(aws, group, 3)  # one that leaves does not count, and is not registered again
    assert len(targets_in(aws, group, "unused")) == 3
    aws("autoscaling").complete_lifecycle_action(
        AutoScalingGroupName=group,
        LifecycleHookName="drain",
        InstanceId=first,
        LifecycleActionResult="CONTINUE",
    )
    assert first not in states(aws, group)
    assert targets_in(aws, group, "draining") == []
    (ended,) = aws("ec2").describe_instances(InstanceIds=[first])["Reservations"][0]["Instances"]
    assert ended["State"]["Name"] == "terminated"


def test_without_a_hook_ec2_ends_it_and_a_deleted_group_waits_for_nobody(aws: Aws, group: str) -> None:
    first, *others = instances(aws, group)
    tag = {"Key": RUNS, "Value": "shop"}
    aws("ec2").create_tags(Resources=[first, *others], Tags=[tag])
    aws("autoscaling").terminate_instance_in_auto_scaling_group(
        InstanceId=first, ShouldDecrementDesiredCapacity=True
    )
    assert states(aws, group)[first] == "Terminating"
    aws("ec2").terminate_instances(InstanceIds=[first])
    assert states(aws, group) == dict.fromkeys(others, "InService")
    aws("autoscaling").delete_auto_scaling_group(AutoScalingGroupName=group, ForceDelete=True)
    answer = aws("ec2").describe_instances(InstanceIds=others)
    found = [one["State"]["Name"] for it in answer["Reservations"] for one in it["Instances"]]
    assert found == ["terminated"] * 2


def test_an_instance_that_ec2_ended_is_replaced_as_a_target_too(aws: Aws, group: str) -> None:
    first, *_ = instances(aws, group)
    aws("ec2").terminate_instances(InstanceIds=[first])
    assert sorted(targets_in(aws, group, "unused")) == sorted(instances(aws, group))


def test_a_group_of_several_types_has_as_many_instances_as_it_should_and_keeps_its_types(aws: Aws) -> None:
    data = {"ImageId": "ami-12c6146b", "InstanceType": "t4g.small"}
    template = aws("ec2").create_launch_template(LaunchTemplateName="types", LaunchTemplateData=data)
    specification = {"LaunchTemplateId": template["LaunchTemplate"]["LaunchTemplateId"], "Version": "1"}
    types = {
        "LaunchTemplateSpecification": specification,
        "Overrides": [{"InstanceType": "t4g.small"}, {"InstanceType": "t4g.medium"}],
    }
    spread = {"OnDemandPercentageAboveBaseCapacity": 50}
    aws("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName="types",
        MixedInstancesPolicy={"LaunchTemplate": types, "InstancesDistribution": spread},
        MinSize=3,
        MaxSize=5,
        AvailabilityZones=["us-east-1a"],
    )
    assert len(instances(aws, "types")) == 3
    aws("autoscaling").update_auto_scaling_group(AutoScalingGroupName="types", MinSize=5)
    group = described(aws, "types")
    assert len(group["Instances"]) == 5
    assert group["MixedInstancesPolicy"]["LaunchTemplate"]["Overrides"] == types["Overrides"]


def test_moto_itself_still_leaves_them_registered(moto: Aws) -> None:
    create(moto, "left")
    scale(moto, "left", 2)
    assert len(targets(moto, "left")) == 3
