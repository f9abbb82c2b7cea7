"""A refresh replaces old instances, and never has fewer in service than it may."""

from typing import Any

import pytest

from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.context import Context
from scripts.local.runtime.control import groups
from scripts.local.runtime.control.groups import Group, Instance
from scripts.local.runtime.control.refresh import Refresh, Step, plan
from scripts.local.runtime.fleets import Fleets
from tests.scripts.local.runtime.deployed import bundle, delete_fleet, deploy_fleet

REPLACED_FIRST = {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 200}
OLD, NEW = "1", "2"


def group(*versions: str, desired: int = 4) -> Group:
    return Group(
        name="shop",
        minimum=1,
        maximum=4,
        desired=desired,
        warm_up=60,
        suspended=frozenset(),
        instances=tuple(
            Instance(identifier=f"i-{number}", healthy=True, version=version)
            for number, version in enumerate(versions)
        ),
        version=NEW,
    )


def ends(step: Step) -> list[str]:
    return [instance.identifier for instance in step.end]


def all_warm(found: Group) -> set[str]:
    return {instance.identifier for instance in found.instances}


def test_new_instances_are_launched_before_old_ones_end_where_there_may_be_more() -> None:
    before = group(OLD, OLD, OLD, OLD)
    assert plan(before, all_warm(before), 0, REPLACED_FIRST) == Step(launch=4)
    both = group(OLD, OLD, OLD, OLD, NEW, NEW, NEW, NEW, desired=8)
    assert plan(both, {"i-0", "i-1", "i-2", "i-3", "i-4"}, 4, REPLACED_FIRST) == Step()  # three still start
    step = plan(both, all_warm(both), 4, REPLACED_FIRST)
    assert (ends(step), step.shrinks) == (["i-0", "i-1", "i-2", "i-3"], True)


def test_the_surplus_is_as_large_as_the_preferences_allow() -> None:
    before = group(OLD, OLD, OLD, OLD)
    preferences = {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 150}
    assert plan(before, all_warm(before), 0, preferences) == Step(launch=2)
    nearly = group(OLD, NEW, NEW, NEW)
    assert plan(nearly, all_warm(nearly), 0, preferences) == Step(launch=1)


@pytest.mark.parametrize(
    ("preferences", "expected"),
    [
        ({"MinHealthyPercentage": 50}, ["i-0", "i-1"]),
        ({"MinHealthyPercentage": 0}, ["i-0", "i-1", "i-2", "i-3"]),
        ({}, ["i-0"]),  # nine tenths of four are four: one at a time, as AWS does
    ],
)
def test_else_as_many_end_at_a_time_as_must_not_be_healthy(
    preferences: dict[str, Any], expected: list[str]
) -> None:
    before = group(OLD, OLD, OLD, OLD)
    step = plan(before, all_warm(before), 0, preferences)
    assert (ends(step), step.shrinks, step.launch) == (expected, False, 0)


def test_nothing_is_left_to_do_when_all_are_new() -> None:
    after = group(NEW, NEW)
    assert plan(after, all_warm(after), 0, REPLACED_FIRST) == Step()


async def test_whoever_leads_next_goes_on_with_the_surplus_and_withdraws_it(
    aws: Aws, context: Context
) -> None:
    deploy_fleet(aws, "fleet", content=bundle(), size=2)
    scaling, ec2 = aws.client("autoscaling"), aws.client("ec2")
    (described,) = scaling.describe_auto_scaling_groups()["AutoScalingGroups"]
    template = described["LaunchTemplate"]["LaunchTemplateId"]
    data = {"ImageId": "ami-12c6146b", "InstanceType": "t4g.medium"}
    ec2.create_launch_template_version(LaunchTemplateId=template, LaunchTemplateData=data)
    wanted = {"LaunchTemplateId": template, "Version": "2"}
    scaling.update_auto_scaling_group(AutoScalingGroupName="fleet", LaunchTemplate=wanted)
    scaling.start_instance_refresh(AutoScalingGroupName="fleet", Preferences=REPLACED_FIRST)

    async def seen() -> tuple[int, int]:
        (found,) = (await groups.read(aws)).values()
        return found.desired, found.surplus

    await Refresh(context, Fleets(context)).step(0.0)
    assert await seen() == (4, 2)
    await Refresh(context, Fleets(context)).step(1.0)  # it does not launch them again
    assert await seen() == (4, 2)
    scaling.cancel_instance_refresh(AutoScalingGroupName="fleet")
    await Refresh(context, Fleets(context)).step(2.0)
    assert await seen() == (2, 0)
    delete_fleet(aws, "fleet")
