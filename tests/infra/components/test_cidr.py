"""How a VPC's addresses are divided."""

from ipaddress import IPv4Network
from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.components import cidr
from infra.components.cidr import Tier

VPCS = st.builds(
    lambda second, prefix: IPv4Network((f"10.{second}.0.0", prefix)),
    st.integers(min_value=0, max_value=255),
    st.integers(min_value=16, max_value=22),
)


def test_a_vpc_is_divided_into_sixteenths_one_quarter_a_tier() -> None:
    blocks = cidr.subnets(IPv4Network("10.20.0.0/16"), 2)
    assert {tier: [str(block) for block in blocks[tier]] for tier in Tier} == {
        Tier.PUBLIC: ["10.20.0.0/20", "10.20.16.0/20"],
        Tier.PRIVATE: ["10.20.64.0/20", "10.20.80.0/20"],
        Tier.ISOLATED: ["10.20.128.0/20", "10.20.144.0/20"],
    }


@given(VPCS, st.integers(min_value=1, max_value=4))
def test_subnets_lie_inside_the_vpc_and_never_overlap(vpc: IPv4Network, zones: int) -> None:
    blocks = list(chain.from_iterable(cidr.subnets(vpc, zones).values()))
    assert len(blocks) == len(Tier) * zones
    assert all(block.subnet_of(vpc) for block in blocks)
    assert not any(one.overlaps(other) for one, other in combinations(blocks, 2))


@given(VPCS, st.integers(min_value=1, max_value=3))
def test_another_zone_renumbers_nothing(vpc: IPv4Network, zones: int) -> None:
    before, after = cidr.subnets(vpc, zones), cidr.subnets(vpc, zones + 1)
    assert all(after[tier][:zones] == before[tier] for tier in Tier)


def test_more_zones_than_a_tier_has_room_for_are_refused() -> None:
    with pytest.raises(ValueError, match="5 zones; a tier has room for 4"):
        cidr.subnets(IPv4Network("10.0.0.0/16"), 5)
