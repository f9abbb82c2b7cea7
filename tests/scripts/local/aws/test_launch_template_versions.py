"""Versions of launch templates: what a new one takes over, and that it can be launched from."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.parsers import ResponseParserError

Aws = Callable[[str], Any]


def create(aws: Aws, name: str) -> str:
    """Make a template with a second version, of which only the user data is said."""
    data = {"ImageId": "ami-12c6146b", "InstanceType": "t4g.small", "UserData": "b2xk"}
    created = aws("ec2").create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)
    template = str(created["LaunchTemplate"]["LaunchTemplateId"])
    aws("ec2").create_launch_template_version(
        LaunchTemplateId=template, SourceVersion="1", LaunchTemplateData={"UserData": "bmV3"}
    )
    return template


def launch(aws: Aws, name: str, template: str) -> dict[str, Any]:
    """Launch an instance from the second version."""
    aws("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName=name,
        LaunchTemplate={"LaunchTemplateId": template, "Version": "2"},
        MinSize=1,
        MaxSize=1,
        AvailabilityZones=["us-east-1a"],
    )
    answer = aws("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[name])
    instance: dict[str, Any] = answer["AutoScalingGroups"][0]["Instances"][0]
    return instance


def test_a_new_version_takes_over_what_it_does_not_say_and_is_launched_from(aws: Aws) -> None:
    template = create(aws, "versions")

    answer = aws("ec2").describe_launch_template_versions(LaunchTemplateId=template, Versions=["2"])
    data = answer["LaunchTemplateVersions"][0]["LaunchTemplateData"]
    expected = {"ImageId": "ami-12c6146b", "InstanceType": "t4g.small", "UserData": "bmV3"}
    assert expected.items() <= data.items()
    instance = launch(aws, "versions", template)
    assert (instance["InstanceType"], instance["LaunchTemplate"]["Version"]) == ("t4g.small", "2")


def test_moto_itself_still_cannot_launch_from_a_new_version(moto: Aws) -> None:
    template = create(moto, "versions")

    with pytest.raises(ResponseParserError, match="500 Internal Server Error"):
        launch(moto, "versions", template)
