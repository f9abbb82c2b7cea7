"""What security groups have in common; who may talk to whom is in the table of reachability."""

import re

import pytest

from scripts.evaluation.recorder import Recording
from tests.infra.stacks import fleets

Edge = tuple[str, str, str, int, int]


def between_groups(recording: Recording, direction: str) -> set[Edge]:
    """The connections that rules of one direction allow between groups: who opens them to whom, and how."""
    found = set()
    for it in (rule.inputs for rule in recording.of(f"SecurityGroup{direction}Rule")):
        if "referencedSecurityGroupId" in it:
            own, other = it["securityGroupId"], it["referencedSecurityGroupId"]
            pair = (other, own) if direction == "Ingress" else (own, other)
            found.add((*pair, it["ipProtocol"], int(it["fromPort"]), int(it["toPort"])))
    return found


def test_what_may_arrive_may_leave_and_nothing_else_may(any_stack: Recording) -> None:
    assert between_groups(any_stack, "Egress") == between_groups(any_stack, "Ingress") != set()


def test_only_cloudfront_reaches_the_load_balancer(local: Recording) -> None:
    looked_up = [args for token, args in local.calls if token.endswith("getManagedPrefixList")]
    assert looked_up == [{"name": "com.amazonaws.global.cloudfront.origin-facing"}]
    assert not [it for it in local.of("SecurityGroupIngressRule") if "cidrIpv4" in it.inputs]


def test_no_group_has_inline_rules(any_stack: Recording) -> None:
    """The provider would wipe the standalone ones with every second `up`."""
    groups = any_stack.of("ec2/securityGroup:SecurityGroup")
    assert groups
    assert not [group.name for group in groups if {"ingress", "egress"} & group.inputs.keys()]


@pytest.mark.parametrize(
    ("kind", "key", "group"),
    [
        ("rds/instance:Instance", "vpcSecurityGroupIds", "shop-database-id"),
        ("elasticache/replicationGroup:ReplicationGroup", "securityGroupIds", "shop-cache-id"),
        ("lb/loadBalancer:LoadBalancer", "securityGroups", "shop-id"),
        ("ec2/launchTemplate:LaunchTemplate", "vpcSecurityGroupIds", "shop-fleet-id"),
    ],
)
def test_everything_wears_its_own_group(local: Recording, kind: str, key: str, group: str) -> None:
    found = local.of(kind)
    assert found
    assert all(it.inputs[key] == [group] for it in found)


def test_every_function_wears_its_own_group(local: Recording) -> None:
    for function in local.of("lambda/function:Function"):
        assert function.inputs["vpcConfig"]["securityGroupIds"] == [f"{function.name}-function-id"]


def test_data_lies_in_subnets_without_a_way_out(local: Recording) -> None:
    isolated = {f"network-isolated-{number}-id" for number in (1, 2)}
    groups = [local.one("rds/subnetGroup:SubnetGroup"), local.one("elasticache/subnetGroup:SubnetGroup")]
    assert all(set(group.inputs["subnetIds"]) == isolated for group in groups)
    tables = {
        it.inputs["subnetId"]: it.inputs["routeTableId"]
        for it in local.of("RouteTableAssociation")
        if it.inputs["subnetId"] in isolated
    }
    assert set(tables.values()) == {"network-isolated-id"}
    assert "network-isolated-id" not in {it.inputs["routeTableId"] for it in local.of("ec2/route:Route")}


def test_what_runs_stands_in_private_subnets(any_stack: Recording) -> None:
    subnets = [it.inputs["vpcConfig"]["subnetIds"] for it in any_stack.of("lambda/function:Function")]
    subnets += [it.inputs["vpcZoneIdentifiers"] for it in fleets(any_stack)]
    private = re.compile(r"network(-us-west-2)?-private-\d-id")
    assert all(private.fullmatch(subnet) for group in subnets for subnet in group)
