"""What the settings of the network forbid each other, and in which words."""

from typing import Any

import pytest

from tests.infra.stacks import DEV, PROD, parse, refusal

ENDPOINTS = [
    "autoscaling",
    "cognito-idp",
    "email",
    "events",
    "kinesis-streams",
    "secretsmanager",
    "sqs",
    "ssm",
    "transcribe",
]
CLOSED: dict[str, Any] = {"nat": "none", "interface_endpoints": ENDPOINTS}
"""A network without NAT that nothing is amiss with."""

VPC: dict[str, Any] = {
    "id": "vpc-00000000",
    "public_subnets": ["subnet-0000000a", "subnet-0000000b"],
    "private_subnets": ["subnet-0000000c", "subnet-0000000d"],
    "isolated_subnets": ["subnet-0000000e", "subnet-0000000f"],
}

PROBLEMS: list[tuple[dict[str, Any], str, str]] = [
    (
        {"network": {"cidr": "10.0.0.0/24"}},
        "network.cidr is '10.0.0.0/24'; allowed: a private network of /16 to /22.",
        "AWS allows nothing larger than /16, and below /22 a tier's subnets are too small.",
    ),
    (
        {"network": {"cidr": "8.8.0.0/16"}},
        "network.cidr is '8.8.0.0/16'; allowed: a private network of /16 to /22.",
        "AWS allows nothing larger than /16, and below /22 a tier's subnets are too small.",
    ),
    (
        {"network": {"nat": "none", "interface_endpoints": ["ssm", "sqs", "email"]}},
        (
            "network.nat is 'none'; allowed: instance, single, per_zone, or none with interface_endpoints "
            "for autoscaling, cognito-idp, events, kinesis-streams, secretsmanager, transcribe."
        ),
        "Without a way out, what runs in private subnets cannot call these services.",
    ),
    (
        {"network": {"nat_instance_type": "t3.nano"}},
        "network.nat_instance_type is 't3.nano'; allowed: a type with arm64 processors.",
        "Choose another, or leave it unset: one image serves all instances of a stack.",
    ),
    (
        {"network": {**CLOSED, "proxy_instance_type": "t3.micro"}},
        "network.proxy_instance_type is 't3.micro'; allowed: a type with arm64 processors.",
        "Choose another, or leave it unset: one image serves all instances of a stack.",
    ),
    (
        {"network": {"nat": "single", "proxy_domains": ["example.com"]}},
        "network.nat is 'single'; allowed: none with network.proxy_domains.",
        "Whoever can leave by NAT need not ask the proxy: set it to none.",
    ),
    (
        {"network": {**CLOSED, "proxy_domains": [".example.com", "api.example.com"]}},
        "network.proxy_domains is 'api.example.com'; allowed: domains that .example.com does not cover.",
        "Remove it: Squid does not start with such a list.",
    ),
    (
        {"network": {**CLOSED, "proxy_domains": [".example.com", "example.com"]}},
        "network.proxy_domains is 'example.com'; allowed: domains that .example.com does not cover.",
        "Remove it: Squid does not start with such a list.",
    ),
    (
        {"network": {**CLOSED, "proxy_domains": ["a.example.com", "a.example.com"]}},
        "network.proxy_domains is 'a.example.com'; allowed: domains that a.example.com does not cover.",
        "Remove it: Squid does not start with such a list.",
    ),
    (
        {"network": {"nat": "per_zone", "vpc": VPC}},
        "network.nat is 'per_zone'; allowed: none with network.vpc.",
        "Its routes are its keeper's: change it, or remove network.vpc.",
    ),
    (
        {"network": {"nat": "none", "flow_logs": "s3", "vpc": VPC}},
        "network.flow_logs is 's3'; allowed: none with network.vpc.",
        "Its flow logs are its keeper's: change it, or remove network.vpc.",
    ),
    (
        {"network": {"nat": "none", "interface_endpoints": ["ssm"], "vpc": VPC}},
        "network.interface_endpoints is ['ssm']; allowed: an empty list with network.vpc.",
        "Its endpoints are its keeper's: change it, or remove network.vpc.",
    ),
    (
        {"network": {"nat": "none", "zones": 3, "vpc": VPC}},
        "network.vpc.isolated_subnets is 2; allowed: as many subnets as network.zones, 3.",
        "Name one of each zone, in one order of zones for all tiers.",
    ),
    (
        {"network": {"nat": "none", "vpc": {**VPC, "private_subnets": VPC["public_subnets"]}}},
        "network.vpc is 'subnet-0000000a'; allowed: each subnet once, in one tier.",
        "What is public must not be private as well: name another subnet.",
    ),
    (
        {"load_balancer": {"targets": {"anomaly_mitigation": True}}},
        ("load_balancer.targets.anomaly_mitigation is True; allowed: false with the algorithm round_robin."),
        "Only weighted_random has weights to lower: choose it, or leave this out.",
    ),
    (
        {"load_balancer": {"targets": {"slow_start": 10}}},
        "load_balancer.targets.slow_start is 10; allowed: 0, or 30 to 900.",
        "AWS knows no shorter one: raise it, or set it to 0.",
    ),
    (
        {"load_balancer": {"targets": {"slow_start": 60, "algorithm": "weighted_random"}}},
        "load_balancer.targets.slow_start is 60; allowed: 0 with the algorithm weighted_random.",
        "Only round_robin can start slowly: choose it, or set this to 0.",
    ),
    (
        {"load_balancer": {"targets": {"health_timeout": 10}}},
        (
            "load_balancer.targets.health_timeout is 10; allowed: less than "
            "load_balancer.targets.health_interval, 10."
        ),
        "Lower it: AWS refuses checks that overlap.",
    ),
    (
        {"load_balancer": {"connection_logs": True}},
        "load_balancer.connection_logs is True; allowed: false without load_balancer.access_logs.",
        "Both are kept in one bucket: switch access_logs on as well.",
    ),
]


@pytest.mark.parametrize(("config", "claim", "remedy"), PROBLEMS)
def test_settings_that_forbid_each_other_are_refused(config: dict[str, Any], claim: str, remedy: str) -> None:
    assert f"- blueprint:{claim} {remedy}" in refusal(DEV | config).splitlines()


@pytest.mark.parametrize(
    "network",
    [CLOSED, {**CLOSED, "proxy_domains": [".example.com", "example.org"]}, {"nat": "none", "vpc": VPC}],
    ids=["endpoints", "proxy", "adopted"],
)
def test_no_nat_is_accepted_where_there_is_another_way_to_aws(network: dict[str, Any]) -> None:
    assert parse(DEV | {"network": network}).network.nat == "none"


def test_one_way_out_is_not_enough_in_production() -> None:
    message = refusal({**PROD, "network": {"nat": "instance"}})
    assert "- blueprint:network.nat is 'instance'; allowed: per_zone in stage prod." in message
