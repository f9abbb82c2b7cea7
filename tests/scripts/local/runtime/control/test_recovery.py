"""Instances that stay unhealthy are replaced; those that start have their time."""

from typing import Any, cast

import pytest

from scripts.local.runtime.balancers.deployed import Spread, TargetGroup
from scripts.local.runtime.balancers.health import State, TargetHealth
from scripts.local.runtime.context import Context
from scripts.local.runtime.control.groups import Group
from scripts.local.runtime.control.recovery import Recovery, is_unhealthy
from tests.scripts.local.runtime.control.checks import CHECK
from tests.scripts.local.runtime.deployed import bundle, delete_fleet, deploy_fleet


def health(state: State) -> TargetHealth:
    found = TargetHealth(CHECK)
    found.state = state
    return found


def group(health_check: str) -> Group:
    return Group(
        name="shop",
        minimum=1,
        maximum=4,
        desired=2,
        warm_up=60,
        suspended=frozenset(),
        health_check=health_check,
        grace=300,
    )


@pytest.mark.parametrize(
    ("kind", "states", "age", "expected"),
    [
        ("ELB", ["unhealthy"], 1, True),
        ("ELB", ["healthy", "unhealthy"], 1, True),
        ("ELB", ["healthy"], 1000, False),
        ("ELB", ["initial"], 299, False),
        ("ELB", ["initial"], 301, True),
        ("ELB", [], 1000, False),
        ("EC2", ["unhealthy"], 1000, False),
    ],
)
def test_the_groups_type_and_grace_decide(
    kind: str, states: list[State], age: float, *, expected: bool
) -> None:
    assert is_unhealthy(group(kind), [health(state) for state in states], age) is expected


class Standing:
    """Load balancers whose targets are as a test says."""

    def __init__(self) -> None:
        self.states: dict[str, State] = {}

    def hosts(self) -> dict[TargetGroup, dict[str, TargetHealth]]:
        target_group = TargetGroup(
            arn="arn", name="shop", balancers=(), health_check=CHECK, spread=Spread(), targets=()
        )
        return {target_group: {f"{name}:80": health(state) for name, state in self.states.items()}}


def described(context: Context) -> Any:
    client = context.aws.client("autoscaling")
    return client.describe_auto_scaling_groups(AutoScalingGroupNames=["shop"])["AutoScalingGroups"][0]


async def test_an_unhealthy_instance_is_replaced_by_a_new_one_and_it_is_told(context: Context) -> None:
    deploy_fleet(context.aws, "shop", content=bundle(), size=2)
    autoscaling = context.aws.client("autoscaling")
    autoscaling.update_auto_scaling_group(AutoScalingGroupName="shop", HealthCheckType="ELB")
    balancers = Standing()
    recovery = Recovery(context, cast("Any", balancers))
    sick, well = (one["InstanceId"] for one in described(context)["Instances"])
    balancers.states = {sick: "initial", well: "healthy"}
    await recovery.step(1000.0)
    assert {one["InstanceId"] for one in described(context)["Instances"]} == {sick, well}

    balancers.states = {sick: "unhealthy", well: "healthy"}
    autoscaling.suspend_processes(AutoScalingGroupName="shop", ScalingProcesses=["ReplaceUnhealthy"])
    await recovery.step(1005.0)
    told = {one["InstanceId"]: one["HealthStatus"] for one in described(context)["Instances"]}
    assert told == {sick: "Unhealthy", well: "Healthy"}
    autoscaling.resume_processes(AutoScalingGroupName="shop", ScalingProcesses=["ReplaceUnhealthy"])
    await recovery.step(1010.0)
    left = {one["InstanceId"]: one["HealthStatus"] for one in described(context)["Instances"]}
    assert (len(left), sick in left, set(left.values())) == (2, False, {"Healthy"})
    assert [event.sentence for event in context.timeline.events()] == [
        f"{sick} is unhealthy and ends; capacity 1 of 2; a replacement starts"
    ]
    delete_fleet(context.aws, "shop")
