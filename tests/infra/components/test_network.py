"""The private network: its subnets, and each way out."""

from ipaddress import IPv4Network
from typing import Literal

import pytest

from infra.components.network import Network, NetworkArgs
from scripts.evaluation.recorder import Recording, record

Nat = Literal["none", "single", "per_zone"]


def network(nat: Nat, zones: int = 2, endpoints: tuple[str, ...] = ()) -> Recording:
    args = NetworkArgs(
        cidr=IPv4Network("10.20.0.0/16"),
        zones=[f"eu-west-1{letter}" for letter in "abc"[:zones]],
        region="eu-west-1",
        nat=nat,
        interface_endpoints=endpoints,
    )
    return record(lambda: Network("net", args))


def ways_out(recording: Recording) -> dict[str, str]:
    """Which gateway each route table sends the internet's packets to."""
    return {
        route.inputs["routeTableId"]: route.inputs.get("gatewayId") or route.inputs["natGatewayId"]
        for route in recording.of("ec2/route:Route")
    }


@pytest.mark.parametrize(
    ("nat", "routes"),
    [
        ("none", {}),
        ("single", {"net-private-1-id": "net-nat-1-id", "net-private-2-id": "net-nat-1-id"}),
        ("per_zone", {"net-private-1-id": "net-nat-1-id", "net-private-2-id": "net-nat-2-id"}),
    ],
)
def test_private_subnets_leave_by_nat_as_told(nat: Nat, routes: dict[str, str]) -> None:
    recording = network(nat)
    assert ways_out(recording) == {"net-public-id": "net-id", **routes}
    used = {gateway.removesuffix("-id") for gateway in routes.values()}
    assert {it.name for it in recording.of("NatGateway")} == {it.name for it in recording.of("Eip")} == used


def test_a_nat_gateway_stands_in_a_public_subnet_that_is_connected() -> None:
    recording = network("per_zone", zones=3)
    for number, gateway in enumerate(recording.of("NatGateway"), start=1):
        assert gateway.inputs["subnetId"] == f"net-public-{number}-id"
        assert recording.one("ec2/route:Route", "net-public-internet").urn in gateway.dependencies


def test_each_tier_has_a_subnet_in_each_zone() -> None:
    subnets = network("single", zones=3).of("ec2/subnet:Subnet")
    places = [(it.inputs["tags"]["Tier"], it.inputs["availabilityZone"]) for it in subnets]
    assert sorted(places) == sorted(
        (tier, f"eu-west-1{letter}") for tier in ("public", "private", "isolated") for letter in "abc"
    )
    assert not any(it.inputs["mapPublicIpOnLaunch"] for it in subnets)


def test_every_subnet_has_a_route_table() -> None:
    recording = network("single", zones=3)
    associated = {it.inputs["subnetId"] for it in recording.of("RouteTableAssociation")}
    assert associated == {f"{it.name}-id" for it in recording.of("ec2/subnet:Subnet")}


def test_another_nat_mode_changes_no_association() -> None:
    single, per_zone = (network(nat).of("RouteTableAssociation") for nat in ("single", "per_zone"))
    assert [(it.name, dict(it.inputs)) for it in single] == [(it.name, dict(it.inputs)) for it in per_zone]


def test_buckets_and_tables_are_reached_without_nat() -> None:
    endpoints = network("none").of("VpcEndpoint")
    assert [it.inputs["serviceName"] for it in endpoints] == [
        "com.amazonaws.eu-west-1.dynamodb",
        "com.amazonaws.eu-west-1.s3",
    ]
    assert all(it.inputs["routeTableIds"] == ["net-private-1-id", "net-private-2-id"] for it in endpoints)


def test_services_are_reached_inside_the_network_where_told() -> None:
    recording = network("none", endpoints=("ssm",))
    endpoint = recording.one("VpcEndpoint", "net-ssm").inputs
    assert (endpoint["serviceName"], endpoint["vpcEndpointType"]) == (
        "com.amazonaws.eu-west-1.ssm",
        "Interface",
    )
    assert endpoint["subnetIds"] == ["net-private-1-id", "net-private-2-id"]
    assert endpoint["privateDnsEnabled"]
    rule = recording.one("SecurityGroupIngressRule").inputs
    assert (rule["cidrIpv4"], rule["toPort"]) == ("10.20.0.0/16", 443)
    assert endpoint["securityGroupIds"] == [rule["securityGroupId"]]
