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
    """The end of a period; puts data points of the periods that go by, from so many seconds ago on.

    Each test has times of its own: data points stay.
    """

    def __init__(self, aws: Aws, ago: float) -> None:
        self._aws = aws
        self.now = datetime.now(UTC).timestamp() // MINUTE * MINUTE - ago

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
    clock = Clock(context.aws, 900)
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


@pytest.fixture
def burst(context: Context, group: str) -> Iterator[str]:
    """The alarm of a policy that doubles the group once an instance gets 180 requests in one minute."""
    autoscaling, cloudwatch = context.aws.client("autoscaling"), context.aws.client("cloudwatch")
    answer = autoscaling.put_scaling_policy(
        AutoScalingGroupName=group,
        PolicyName="burst",
        PolicyType="StepScaling",
        AdjustmentType="PercentChangeInCapacity",
        MinAdjustmentMagnitude=1,
        EstimatedInstanceWarmup=60,
        StepAdjustments=[
            {"MetricIntervalLowerBound": 0.0, "MetricIntervalUpperBound": 180.0, "ScalingAdjustment": 100},
            {"MetricIntervalLowerBound": 180.0, "ScalingAdjustment": 200},
        ],
    )
    cloudwatch.put_metric_alarm(
        AlarmName="burst",
        Namespace="AWS/ApplicationELB",
        MetricName="RequestCountPerTarget",
        Dimensions=BALANCER,
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=180.0,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
        AlarmActions=[answer["PolicyARN"]],
    )
    yield "burst"
    cloudwatch.delete_alarms(AlarmNames=["burst"])
    autoscaling.delete_policy(AutoScalingGroupName=group, PolicyName="burst")


def state(context: Context, alarm: str) -> str:
    found = context.aws.client("cloudwatch").describe_alarms(AlarmNames=[alarm])["MetricAlarms"][0]
    return str(found["StateValue"])


async def test_one_period_of_far_more_load_is_answered_at_once_in_proportion(
    context: Context, burst: str
) -> None:
    clock = Clock(context.aws, 600)
    scaling = Scaling(context, cast("Fleets", Standing(1, clock.now - MINUTE)))

    async def period(a_minute: float) -> int:
        await scaling.step(clock.pass_period(cpu=10.0, requests=a_minute * MINUTE / 60))
        return int(described(context)["DesiredCapacity"])

    assert (await period(100.0), state(context, burst)) == (1, "OK")
    assert (await period(200.0), state(context, burst)) == (2, "ALARM")
    assert await period(400.0) == 3  # a higher step: one beyond the one that is on its way
    assert (await period(100.0), state(context, burst)) == (3, "OK")

    requests = "requests a minute and instance was at least 180 in one period"
    assert [event.sentence for event in context.timeline.events()] == [
        f"shop scales out from 1 to 2 instances: {requests}, last 200: +100 % (burst)",
        f"shop scales out from 2 to 3 instances: {requests}, last 400: +200 % (burst)",
    ]


async def test_of_target_tracking_and_a_burst_the_larger_capacity_holds(context: Context, burst: str) -> None:
    context.aws.client("autoscaling").set_desired_capacity(AutoScalingGroupName="shop", DesiredCapacity=1)
    clock = Clock(context.aws, 400)
    scaling = Scaling(context, cast("Fleets", Standing(1, clock.now - MINUTE)))
    for _ in range(2):
        await scaling.step(clock.pass_period(cpu=200.0, requests=0.0))
    await scaling.step(clock.pass_period(cpu=200.0, requests=200.0 * MINUTE / 60))
    assert described(context)["DesiredCapacity"] == 4  # 200 / 60 of one, and not twice as many
    context.aws.client("autoscaling").set_desired_capacity(AutoScalingGroupName="shop", DesiredCapacity=1)


async def test_a_group_whose_policies_rest_is_left_alone(context: Context, group: str) -> None:
    clock = Clock(context.aws, 200)
    autoscaling = context.aws.client("autoscaling")
    autoscaling.suspend_processes(AutoScalingGroupName="shop", ScalingProcesses=["AlarmNotification"])
    scaling = Scaling(context, cast("Fleets", Standing(1, clock.now)))
    before = described(context)["DesiredCapacity"]
    for _ in range(4):
        await scaling.step(clock.pass_period(cpu=100.0, requests=0.0))
    assert described(context)["DesiredCapacity"] == before
    autoscaling.resume_processes(AutoScalingGroupName="shop", ScalingProcesses=["AlarmNotification"])
