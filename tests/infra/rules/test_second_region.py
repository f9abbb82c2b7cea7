"""What a second region that serves needs, and in which words it is asked for."""

from typing import Any

import pytest

from tests.infra.stacks import DEV, parse, refusal

SERVING: dict[str, Any] = {
    "network": {"nat": "single"},
    "second_region": {"code": "eu-west-1", "serves": True, "cidr": "10.99.0.0/16"},
    "encryption": {"own_key": True},
    "tables": {"replicated": True},
}
"""What a stack needs for a second region to serve."""


def serving(section: str, **values: object) -> dict[str, Any]:
    """Those settings, with others of one section."""
    return {**SERVING, section: {**SERVING.get(section, {}), **values}}


SUBNETS = [f"subnet-0000000{letter}" for letter in "abcdef"]
VPC = {
    "id": "vpc-00000000",
    "public_subnets": SUBNETS[:2],
    "private_subnets": SUBNETS[2:4],
    "isolated_subnets": SUBNETS[4:],
}

PROBLEMS: list[tuple[dict[str, Any], str, str]] = [
    (
        {**SERVING, "emulator": True},
        "second_region.serves is True; allowed: false where emulator is true.",
        "Nothing local stands in for another region: the CDN would wait for its load balancer.",
    ),
    (
        serving("second_region", code=None),
        "second_region.code is not set; allowed: a region where second_region.serves is true.",
        "Say where it serves, or set second_region.serves to false.",
    ),
    (
        serving("second_region", cidr=None),
        (
            "second_region.cidr is not set; allowed: a private network of /16 to /22 where "
            "second_region.serves is true."
        ),
        "Say where it serves, or set second_region.serves to false.",
    ),
    (
        serving("second_region", cidr="10.99.0.0/24"),
        "second_region.cidr is '10.99.0.0/24'; allowed: a private network of /16 to /22.",
        "AWS allows nothing larger than /16, and below /22 a tier's subnets are too small.",
    ),
    (
        serving("network", cidr="10.99.16.0/20"),
        "second_region.cidr is '10.99.0.0/16'; allowed: addresses outside of network.cidr, 10.99.16.0/20.",
        "AWS connects no networks that share addresses: choose others.",
    ),
    (
        serving("encryption", own_key=False),
        "encryption.own_key is False; allowed: true where second_region.serves is true.",
        "RDS wants a key in the other region: let the stack have its own, or do not serve there.",
    ),
    (
        serving("tables", replicated=False),
        "tables.replicated is False; allowed: true where second_region.serves is true.",
        "What serves there reads and writes carts, reviews and chat there: replicate them.",
    ),
    (
        serving("network", nat="none", vpc=VPC),
        "second_region.serves is True; allowed: false with network.vpc.",
        (
            "Routes between the regions are for the keeper of an adopted network to make: remove it, or do "
            "not serve there."
        ),
    ),
    (
        serving("network", nat="none"),
        (
            "network.nat is 'none'; allowed: another way out, or network.proxy_domains, where "
            "second_region.serves is true."
        ),
        (
            "What serves there sends positions and passwords to the first region, which no private endpoint "
            "leads to."
        ),
    ),
    (
        serving("compute", ami="ami-00000000"),
        (
            "second_region.ami is not set; allowed: an image id where the other region's is pinned and "
            "second_region.serves is true."
        ),
        "An image is of one region: pin both, or none; `blueprint image` names the newest.",
    ),
    (
        serving("second_region", ami="ami-00000000"),
        (
            "compute.ami is not set; allowed: an image id where the other region's is pinned and "
            "second_region.serves is true."
        ),
        "An image is of one region: pin both, or none; `blueprint image` names the newest.",
    ),
    (
        serving("database", backup_retention_days=0),
        "database.backup_retention_days is 0; allowed: at least 1 where there are replicas.",
        "RDS makes a replica from a backup: raise it, or set second_region.serves to false.",
    ),
    (
        serving("database", blue_green=True, logical_replication=True),
        "database.blue_green is True; allowed: false where there are replicas.",
        (
            "The provider does not change databases with replicas over, of whichever region: do without "
            "them, or without blue_green."
        ),
    ),
]


@pytest.mark.parametrize(("config", "claim", "remedy"), PROBLEMS)
def test_settings_that_forbid_each_other_are_refused(config: dict[str, Any], claim: str, remedy: str) -> None:
    assert f"- blueprint:{claim} {remedy}" in refusal(DEV | config).splitlines()


def test_a_second_region_may_serve_whatever_the_preset() -> None:
    assert parse(DEV | SERVING).second_region.serves


def test_what_a_preset_says_of_a_region_that_does_not_serve_is_no_problem() -> None:
    assert not parse({**DEV, "preset": "internet", "second_region": {"serves": False}}).second_region.serves
