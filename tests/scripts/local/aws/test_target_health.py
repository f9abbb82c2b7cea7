"""Targets are described as whoever checks them found them, for as long as that holds."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from scripts.local.aws.target_health import TargetHealth
from tests.waiting import PATIENCE

Aws = Callable[[str], Any]
FAILED = {
    "state": "unhealthy",
    "reason": "Target.ResponseCodeMismatch",
    "description": "Health checks failed with these codes: [503]",
}


def group(aws: Aws, name: str, *, delay: int = 300, used: bool = True) -> str:
    """Deploy a target group with two targets, behind a load balancer where it is `used`."""
    elb, subnets = aws("elbv2"), aws("ec2").describe_subnets()["Subnets"][:2]
    arn: str = elb.create_target_group(
        Name=name, Protocol="HTTP", Port=80, VpcId=subnets[0]["VpcId"], TargetType="ip"
    )["TargetGroups"][0]["TargetGroupArn"]
    elb.modify_target_group_attributes(
        TargetGroupArn=arn,
        Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": str(delay)}],
    )
    if used:
        balancer = elb.create_load_balancer(Name=name, Subnets=[subnet["SubnetId"] for subnet in subnets])
        elb.create_listener(
            LoadBalancerArn=balancer["LoadBalancers"][0]["LoadBalancerArn"],
            Port=80,
            Protocol="HTTP",
            DefaultActions=[{"Type": "forward", "TargetGroupArn": arn}],
        )
    elb.register_targets(TargetGroupArn=arn, Targets=[{"Id": "10.0.0.1"}, {"Id": "10.0.0.2"}])
    return arn


def health(aws: Aws, arn: str) -> dict[str, dict[str, str]]:
    answer = aws("elbv2").describe_target_health(TargetGroupArn=arn)
    return {one["Target"]["Id"]: one["TargetHealth"] for one in answer["TargetHealthDescriptions"]}


@pytest.fixture
def tell(endpoint: str) -> Iterator[Callable[..., httpx.Response]]:
    """Tell the local AWS what was found, by target group."""

    def tell(groups: object, seconds: float = 600) -> httpx.Response:
        document = {"seconds": seconds, "groups": groups}
        return httpx.put(f"{endpoint}/_blueprint/target-health", json=document, timeout=PATIENCE)

    yield tell
    tell({})


def test_a_target_is_described_as_it_was_found_and_else_as_healthy(
    aws: Aws, tell: Callable[..., httpx.Response]
) -> None:
    arn = group(aws, "found")
    assert {one["State"] for one in health(aws, arn).values()} == {"healthy"}

    assert tell({arn: {"10.0.0.1:80": FAILED}}).json() == {"targets": 1}

    failed, other = health(aws, arn).values()
    assert {name.lower(): value for name, value in failed.items()} == FAILED
    assert (other["State"], other["Reason"]) == ("initial", "Elb.RegistrationInProgress")


def test_moto_still_takes_every_target_for_healthy(moto: Aws) -> None:
    assert health(moto, group(moto, "unused", used=False))["10.0.0.1"]["State"] == "healthy"


def test_targets_of_a_group_to_which_nobody_forwards_are_unused(aws: Aws) -> None:
    found = health(aws, group(aws, "unused", used=False))
    assert {(one["State"], one["Reason"]) for one in found.values()} == {("unused", "Target.NotInUse")}


@pytest.mark.parametrize(("delay", "state"), [(300, "draining"), (0, "unused")])
def test_a_deregistered_target_drains_for_its_delay(aws: Aws, delay: int, state: str) -> None:
    arn = group(aws, f"delay-{delay}", delay=delay)
    leaving = [{"Id": "10.0.0.1", "Port": 80}]
    aws("elbv2").deregister_targets(TargetGroupArn=arn, Targets=leaving)

    asked = aws("elbv2").describe_target_health(TargetGroupArn=arn, Targets=leaving)
    assert [one["TargetHealth"]["State"] for one in asked["TargetHealthDescriptions"]] == [state]
    present = health(aws, arn)
    assert ("10.0.0.1" in present, present["10.0.0.2"]["State"]) == (state == "draining", "healthy")


def test_moto_still_forgets_a_target_at_once(moto: Aws) -> None:
    arn = group(moto, "forgets")
    moto("elbv2").deregister_targets(TargetGroupArn=arn, Targets=[{"Id": "10.0.0.1"}])
    assert "10.0.0.1" not in health(moto, arn)


def test_what_was_told_holds_for_so_long_and_no_longer() -> None:
    now = 100.0
    told = TargetHealth(clock=lambda: now)
    told.tell(json.dumps({"seconds": 5, "groups": {"arn": {"10.0.0.1:80": FAILED}}}).encode())

    assert getattr(told.of("arn", "10.0.0.1:80"), "state", None) == "unhealthy"
    assert getattr(told.of("arn", "10.0.0.2:80"), "state", None) == "initial"
    assert told.of("other", "10.0.0.1:80") is None
    now = 105.0
    assert told.of("arn", "10.0.0.1:80") is None


@pytest.mark.parametrize(
    "document", [b"{}", b'{"seconds": 5, "groups": {"arn": {"t:80": {"state": "ill"}}}}']
)
def test_what_is_no_report_is_refused(document: bytes) -> None:
    with pytest.raises(ValidationError):
        TargetHealth().tell(document)
