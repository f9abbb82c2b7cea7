"""Who may talk to whom, from the rules of all security groups."""

import pytest

from scripts.evaluation.recorder import Recording

Edge = tuple[str, str, int]

INTERNET_443 = ("internet", 443)
APP = ("shop-fleet", "api-function")


def name_of(group_id: str) -> str:
    """The recorder's ids are the names."""
    return group_id.removesuffix("-id")


def edges(recording: Recording, direction: str) -> set[Edge]:
    """The connections that rules of one direction allow: who opens them, to whom, to which port."""
    found = set()
    for rule in recording.of(f"SecurityGroup{direction}Rule"):
        inputs = rule.inputs
        assert inputs["fromPort"] == inputs["toPort"]
        assert inputs["ipProtocol"] == "tcp"
        own = name_of(inputs["securityGroupId"])
        other = inputs.get("referencedSecurityGroupId") or inputs.get("prefixListId") or inputs["cidrIpv4"]
        pair = (name_of(other), own) if direction == "Ingress" else (own, name_of(other))
        found.add((*pair, int(inputs["toPort"])))
    return found


def test_the_table_of_who_may_open_connections_to_whom(local: Recording) -> None:
    assert edges(local, "Ingress") == {
        ("pl-3b927c52", "shop", 80),
        ("shop", "shop-fleet", 8080),
        ("shop-fleet", "shop-database", 5432),
        ("order-notifications-function", "shop-database", 5432),
        ("position-writer-function", "shop-database", 5432),
        ("api-function", "shop-database", 5432),
        ("shop-fleet", "shop-cache", 6379),
        ("api-function", "shop-cache", 6379),
    }


def test_what_may_leave_is_what_may_arrive_and_https(any_stack: Recording) -> None:
    inside = {edge for edge in edges(any_stack, "Ingress") if edge[0] != "pl-3b927c52"}
    callers = {"shop-fleet", "api-function", "order-notifications-function", "position-writer-function"}
    assert edges(any_stack, "Egress") == inside | {(caller, "0.0.0.0/0", 443) for caller in callers}


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
    subnets.append(any_stack.one("autoscaling/group:Group").inputs["vpcZoneIdentifiers"])
    assert all(subnet.startswith("network-private-") for group in subnets for subnet in group)
