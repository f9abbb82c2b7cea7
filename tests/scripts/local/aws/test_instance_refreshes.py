"""Instance refreshes: what is new in a version, and how far the group is with it."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Aws = Callable[[str], Any]


def create(aws: Aws, name: str) -> str:
    """Make a group of two instances; return its template."""
    data = {"ImageId": "ami-12c6146b", "InstanceType": "t4g.small"}
    created = aws("ec2").create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)
    template = str(created["LaunchTemplate"]["LaunchTemplateId"])
    aws("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName=name,
        LaunchTemplate={"LaunchTemplateId": template, "Version": "1"},
        MinSize=2,
        MaxSize=4,
        AvailabilityZones=["us-east-1a"],
    )
    return template


def renew(aws: Aws, name: str, template: str) -> None:
    """Give the group a second version of its template."""
    aws("ec2").create_launch_template_version(
        LaunchTemplateId=template, SourceVersion="1", LaunchTemplateData={"InstanceType": "t4g.medium"}
    )
    aws("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=name, LaunchTemplate={"LaunchTemplateId": template, "Version": "2"}
    )


def versions(aws: Aws, name: str) -> dict[str, str]:
    answer = aws("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[name])
    instances = answer["AutoScalingGroups"][0]["Instances"]
    return {one["InstanceId"]: one["LaunchTemplate"]["Version"] for one in instances}


def refresh(aws: Aws, name: str) -> dict[str, Any]:
    """The newest refresh of a group."""
    answer = aws("autoscaling").describe_instance_refreshes(AutoScalingGroupName=name)
    found: dict[str, Any] = answer["InstanceRefreshes"][0]
    return found


def test_a_refresh_is_over_when_all_instances_are_from_the_groups_version(aws: Aws) -> None:
    template = create(aws, "renewed")
    renew(aws, "renewed", template)
    preferences = {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 200}
    started = aws("autoscaling").start_instance_refresh(
        AutoScalingGroupName="renewed", Preferences=preferences
    )
    first, second = versions(aws, "renewed")
    assert versions(aws, "renewed") == {first: "1", second: "1"}
    found = refresh(aws, "renewed")
    assert found["InstanceRefreshId"] == started["InstanceRefreshId"]
    assert (found["Status"], found["InstancesToUpdate"], found["PercentageComplete"]) == ("InProgress", 2, 0)
    assert preferences.items() <= found["Preferences"].items()
    with pytest.raises(ClientError, match="InstanceRefreshInProgress"):
        aws("autoscaling").start_instance_refresh(AutoScalingGroupName="renewed")

    for instance, percent, status in ((first, 50, "InProgress"), (second, 100, "Successful")):
        aws("autoscaling").terminate_instance_in_auto_scaling_group(
            InstanceId=instance, ShouldDecrementDesiredCapacity=False
        )
        found = refresh(aws, "renewed")
        assert (found["PercentageComplete"], found["Status"]) == (percent, status)
    assert set(versions(aws, "renewed").values()) == {"2"}
    assert "EndTime" in found


def test_a_refresh_can_be_cancelled(aws: Aws) -> None:
    template = create(aws, "cancelled")
    renew(aws, "cancelled", template)
    autoscaling = aws("autoscaling")
    with pytest.raises(ClientError, match="ActiveInstanceRefreshNotFound"):
        autoscaling.cancel_instance_refresh(AutoScalingGroupName="cancelled")
    autoscaling.start_instance_refresh(AutoScalingGroupName="cancelled")
    autoscaling.cancel_instance_refresh(AutoScalingGroupName="cancelled")
    assert refresh(aws, "cancelled")["Status"] == "Cancelled"


def test_moto_itself_still_does_not_tell_versions_apart(moto: Aws) -> None:
    template = create(moto, "refreshed")
    renew(moto, "refreshed", template)
    moto("autoscaling").set_desired_capacity(AutoScalingGroupName="refreshed", DesiredCapacity=3)
    assert set(versions(moto, "refreshed").values()) == {"1"}
