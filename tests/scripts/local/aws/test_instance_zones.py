"""Where the instances of an auto-scaling group are launched."""

from collections import Counter
from collections.abc import Callable
from typing import Any

Aws = Callable[[str], Any]


def group_of(aws: Aws, name: str, instances: int) -> None:
    """A group in a subnet of each of three zones, named in no order."""
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{number}.0/24", AvailabilityZone=f"us-east-1{zone}")
        for number, zone in enumerate("cab")
    ]
    template = {"ImageId": "ami-0123456789abcdef0", "InstanceType": "t4g.small"}
    ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData=template)
    aws("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName=name,
        LaunchTemplate={"LaunchTemplateName": name, "Version": "$Latest"},
        MinSize=0,
        MaxSize=9,
        DesiredCapacity=instances,
        VPCZoneIdentifier=",".join(subnet["Subnet"]["SubnetId"] for subnet in subnets),
    )


def zones_of(aws: Aws, name: str) -> Counter[str]:
    [group] = aws("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[name])[
        "AutoScalingGroups"
    ]
    assert len(group["VPCZoneIdentifier"].split(",")) == 3
    return Counter(instance["AvailabilityZone"] for instance in group["Instances"])


def test_instances_are_spread_over_the_zones(aws: Aws) -> None:
    group_of(aws, "spread", 4)

    assert zones_of(aws, "spread") == {"us-east-1a": 2, "us-east-1b": 1, "us-east-1c": 1}


def test_what_is_launched_later_goes_where_fewest_are(aws: Aws) -> None:
    group_of(aws, "growing", 2)
    aws("autoscaling").set_desired_capacity(AutoScalingGroupName="growing", DesiredCapacity=3)

    assert zones_of(aws, "growing") == {"us-east-1a": 1, "us-east-1b": 1, "us-east-1c": 1}


def test_moto_itself_still_launches_all_in_one_zone(moto: Aws) -> None:
    group_of(moto, "in-one", 3)

    assert len(zones_of(moto, "in-one")) == 1
