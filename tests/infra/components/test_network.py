"""The private network: its subnets, and each way out."""

from ipaddress import IPv4Network

import pytest

from infra.components.network import Nat, Network, NetworkArgs
from scripts.evaluation.recorder import Recording, record


def network_args(nat: Nat, zones: int = 2, endpoints: tuple[str, ...] = ()) -> NetworkArgs:
    return NetworkArgs(
        cidr=IPv4Network("10.20.0.0/16"),
        zones=[f"eu-west-1{letter}" for letter in "abc"[:zones]],
        region="eu-west-1",
        account_id="123456789012",
        nat=nat,
        nat_image_id="ami-1",
        nat_instance_type="t4g.nano",
        interface_endpoints=endpoints,
    )


def network(nat: Nat, zones: int = 2, endpoints: tuple[str, ...] = ()) -> Recording:
    return record(lambda: Network("net", network_args(nat, zones, endpoints)))


TARGETS = ("gatewayId", "natGatewayId", "networkInterfaceId")


def ways_out(recording: Recording) -> dict[str, str]:
    """Which gateway each route table sends the internet's packets to."""
    return {
        route.inputs["routeTableId"]: next(route.inputs[key] for key in TARGETS if key in route.inputs)
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
    tables = ["net-private-1-id", "net-private-2-id", "net-public-id"]
    assert all(it.inputs["routeTableIds"] == tables for it in endpoints)


def test_only_identities_of_the_account_and_asking_for_packages_pass_the_gateway_endpoints() -> None:
    s3, dynamodb = (
        network("none").one("VpcEndpoint", f"net-{name}").json("policy")["Statement"]
        for name in ("s3", "dynamodb")
    )
    ours = {"StringEquals": {"aws:PrincipalAccount": "123456789012"}}
    assert [it["Condition"] for it in dynamodb] == [ours]
    assert s3[0] == {**dynamodb[0], "Action": ["s3:*"]}
    assert s3[1]["Action"] == ["s3:GetObject"]
    assert s3[1]["Resource"] == ["arn:aws:s3:::al2023-repos-eu-west-1-de612dc2/*"]


def test_a_nat_instance_stands_in_for_a_gateway() -> None:
    recording = network("instance")
    instance = recording.one("ec2/instance:Instance").inputs
    assert ways_out(recording) == {
        "net-public-id": "net-id",
        "net-private-1-id": "net-nat-eni",
        "net-private-2-id": "net-nat-eni",
    }
    assert not recording.of("NatGateway")
    assert instance["subnetId"] == "net-public-1-id"
    assert instance["sourceDestCheck"] is False
    assert instance["metadataOptions"]["httpTokens"] == "required"
    assert instance["rootBlockDevice"]["encrypted"] is True
    assert recording.one("EipAssociation").inputs["instanceId"] == "net-nat-id"


def test_a_nat_instance_passes_https_of_the_private_subnets_on_and_nothing_else() -> None:
    recording = network("instance")
    rules = [it.inputs for it in recording.of("SecurityGroupIngressRule")]
    assert {(it["cidrIpv4"], it["fromPort"], it["toPort"]) for it in rules} == {
        ("10.20.64.0/20", 443, 443),
        ("10.20.80.0/20", 443, 443),
    }
    out = recording.one("SecurityGroupEgressRule").inputs
    assert (out["cidrIpv4"], out["toPort"]) == ("0.0.0.0/0", 443)


def test_nothing_goes_out_through_a_nat_instance_without_its_address() -> None:
    recording = network("instance")
    association = recording.one("EipAssociation").urn
    routes = [it for it in recording.of("ec2/route:Route") if "private" in it.name]
    assert all(association in it.dependencies for it in routes)


@pytest.mark.parametrize(
    ("nat", "metrics"),
    [("none", []), ("single", ["ErrorPortAllocation"]), ("instance", ["StatusCheckFailed"])],
)
def test_what_can_go_wrong_on_the_way_out_has_an_alarm(nat: Nat, metrics: list[str]) -> None:
    found: list[str] = []
    record(lambda: found.extend(alarm.metric for alarm in Network("net", network_args(nat)).alarms))
    assert found == metrics


def test_the_default_security_group_allows_nothing() -> None:
    group = network("none").one("DefaultSecurityGroup").inputs
    assert not {"ingress", "egress"} & group.keys()


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
