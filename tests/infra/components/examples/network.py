"""Examples of the components of network."""

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Any

from infra.components import load_balancer, network, security_group
from tests.infra.components.examples.example import Example


def make_routes(target: Any) -> object:
    return load_balancer.LoadBalancer("it", target).route(
        "shop", patterns=["/*"], port=80, health_path="/live"
    )


EXAMPLES: Mapping[type, Example] = {
    load_balancer.LoadBalancerArgs: Example(
        make=make_routes,
        args=lambda: load_balancer.LoadBalancerArgs(
            vpc_id="vpc", subnet_ids=["subnet"], clients_prefix_list_id="list", protect=False
        ),
    ),
    network.NetworkArgs: Example(
        make=lambda args: network.Network("it", args),
        args=lambda: network.NetworkArgs(
            cidr=IPv4Network("10.0.0.0/16"),
            zones=["a", "b"],
            region="eu-west-1",
            nat="single",
            interface_endpoints=["ssm"],
        ),
        changes={"nat": lambda _: "per_zone"},
    ),
    security_group.SecurityGroupArgs: Example(
        make=lambda args: security_group.SecurityGroup("it", args),
        args=lambda: security_group.SecurityGroupArgs(vpc_id="vpc", description="d"),
    ),
}
