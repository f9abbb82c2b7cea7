"""What the settings of the network forbid each other, and in which words."""

from typing import Any

import pytest

from tests.infra.stacks import DEV, parse, refusal

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
            "network.nat is 'none'; allowed: single or per_zone, or none with interface_endpoints for "
            "kinesis-streams, secretsmanager."
        ),
        "Without a way out, what runs in private subnets cannot call these services.",
    ),
]


@pytest.mark.parametrize(("config", "claim", "remedy"), PROBLEMS)
def test_settings_that_forbid_each_other_are_refused(config: dict[str, Any], claim: str, remedy: str) -> None:
    assert f"- blueprint:{claim} {remedy}" in refusal(DEV | config).splitlines()


def test_no_nat_is_accepted_where_every_service_has_an_endpoint() -> None:
    endpoints = ["email", "kinesis-streams", "secretsmanager", "sqs", "ssm"]
    assert parse(DEV | {"network": {"nat": "none", "interface_endpoints": endpoints}}).network.nat == "none"
