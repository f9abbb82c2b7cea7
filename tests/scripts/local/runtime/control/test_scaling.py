"""What CloudWatch has of a policy's metric moves the group's capacity."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.context import Context
from scripts.local.runtime.control.minute import MINUTE
from scripts.local.runtime.control.scaling import Scaling
from scripts.local.runtime.fleets import Fleets, Member
from tests.scripts.local.runtime.deployed import bundle, delete_fleet, deploy_fleet

LABEL = "app/shop/1/targetgroup/shop/2"
BALANCER = [
    {"Name": "LoadBalancer", "Value": "app/shop/1"},
    {"Name": "TargetGroup", "Value": "targetgroup/shop/2"},
]


class Standing:
    """Fleets whose instances have served for as long as a test says."""

    def __init__(self, count: int, since: float) -> None:
        self.count = count
        self.since = since

    def members(self) -> list[Member]:
        return [
            Member(group="shop", instance=f"i-{number}", pid=None, served_since=self.since)
            for number in range(self.count)
        ]


class Clock:
    """The end of a period; puts data points of the periods that go by."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self.now = datetime.now(UTC).timestamp() // MINUTE * MINUTE - 600

    def pass_period(self, *, cpu: float, requests: float) -> float:
        began = datetime.fromtimestamp(self.now, tz=UTC)
        cloudwatch = self._aws.client("cloudwatch")
        group = [{"Name": "AutoScalingGroupName", "Value": "shop"}]
        for namespace, name, dimensions, value in (
            ("AWS/EC2", "CPUUtilization", group, cpu),
            ("AWS/ApplicationELB", "RequestCountPerTarget", BALANCER, requests),
        ):
            datum = {"MetricName": name, "Dimensions": dimensions, "Timestamp": began, "Value": value}
            cloudwatch.put_metric_data(Namespace=namespace, MetricData=[datum])
        self.now += MINUTE
        return self.now


@pytest.fixture(scope="module")
def group(endpoint: str) -> Iterator[str]:
    """A group of one to four instances that tracks 60 % of CPU, and 120 requests a minute and instance."""
    aws = Aws(endpoint, "us-east-1")
    deploy_fleet(aws, "shop", content=bundle())
    autoscaling = aws.client("autoscaling")
    for name, metric, target in (
        ("cpu", {"PredefinedMetricType": "ASGAverageCPUUtilization"}, 60.0),
        ("requests", {"PredefinedMetricType": "ALBRequestCountPerTarget", "ResourceLabel": LABEL}, 120.0),
    ):
        autoscaling.put_scaling_policy(
            AutoScalingGroupName="shop",
            PolicyName=name,
            PolicyType="TargetTrackingScaling",
            TargetTrackingConfiguration={"PredefinedMetricSpecification": metric, "TargetValue": target},
        )
    yield "shop"
    delete_fleet(aws, "shop")


def described(context: Context) -> Any:
    client = context.aws.client("autoscaling")
    return client.describe_auto_scaling_groups(AutoScalingGroupNames=["shop"])["AutoScalingGroups"][0]


async def test_capacity_follows_the_load_out_at_once_and_back_in_slowly(context: Context, group: str) -> None:
    clock = Clock(context.aws)
    fleets = Standing(1, clock.now)
    scaling = Scaling(context, cast("Fleets", fleets))

    async def periods(count: int, *, cpu: float = 10.0, requests: float = 0.0) -> int:
        for _ in range(count):
            await scaling.step(clock.pass_period(cpu=cpu, requests=requests))
        desired: int = described(context)["DesiredCapacity"]
        return desired

    assert await periods(2, cpu=100.0) == 1
    assert await periods(1, cpu=100.0) == 2
    assert await periods(2, cpu=100.0) == 2  # the second instance is on its way
    fleets.count = 2
    # 25 requests in a period of 5 s are 300 a minute: 2 × 300 / 120.
    assert await periods(3, requests=300 * MINUTE / 60) == 4
    fleets.count = 4
    assert await periods(14) == 4
    assert await periods(2) == 1

    told = [event.sentence for event in context.timeline.events()]
    cpu, requests = "the average CPU in percent", "requests a minute and instance"
    assert told == [
        f"shop scales out from 1 to 2 instances: {cpu} was above 60 for 3 periods, last 100",
        f"shop scales out from 2 to 4 instances: {requests} was above 120 for 3 periods, last 300",
        f"shop scales in from 4 to 1 instances: {cpu} was below 54 for 15 periods, at most 10",
    ]


async def test_a_group_whose_policies_rest_is_left_alone(context: Context, group: str) -> None:
    clock = Clock(context.aws)
    autoscaling = context.aws.client("autoscaling")
    autoscaling.suspend_processes(AutoScalingGroupName="shop", ScalingProcesses=["AlarmNotification"])
    scaling = Scaling(context, cast("Fleets", Standing(1, clock.now)))
    before = described(context)["DesiredCapacity"]
    for _ in range(4):
        await scaling.step(clock.pass_period(cpu=100.0, requests=0.0))
    assert described(context)["DesiredCapacity"] == before
    autoscaling.resume_processes(AutoScalingGroupName="shop", ScalingProcesses=["AlarmNotification"])
