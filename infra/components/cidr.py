"""How a VPC's addresses are divided."""

from collections.abc import Mapping
from enum import IntEnum
from ipaddress import IPv4Network


class Tier(IntEnum):
    """Who may be reached from where; the value is the tier's quarter of the VPC."""

    PUBLIC = 0
    """Load balancer and NAT gateways: routed to the internet."""
    PRIVATE = 1
    """Instances and functions: out through NAT, nothing in."""
    ISOLATED = 2
    """Database and cache: no way out."""


ZONES_PER_TIER = 4
"""Subnets that a tier has room for. The last quarter of the VPC stays free for a tier yet to come."""


def subnets(vpc: IPv4Network, zones: int) -> Mapping[Tier, tuple[IPv4Network, ...]]:
    """The subnets of each tier, one a zone, each a sixteenth of `vpc`.

    A zone's place does not depend on how many zones there are: adding one renumbers nothing.

    Raises:
        ValueError: more zones than a tier has room for.
    """
    if zones > ZONES_PER_TIER:
        raise ValueError(f"{zones} zones; a tier has room for {ZONES_PER_TIER}")
    blocks = list(vpc.subnets(prefixlen_diff=4))
    return {tier: tuple(blocks[tier * ZONES_PER_TIER :][:zones]) for tier in Tier}


def tier(vpc: IPv4Network, which: Tier) -> IPv4Network:
    """The addresses of a tier, a quarter of `vpc`, those of zones yet to come included."""
    return list(vpc.subnets(prefixlen_diff=2))[which]
