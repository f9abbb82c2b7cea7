"""Examples of the components of network."""

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Any

from infra.components import load_balancer, network, security_group
from tests.infra.components.examples.example import Example


def balancer_args() -> load_balancer.LoadBalancerArgs:
    return load_balancer.LoadBalancerArgs(
        vpc_id="vpc",
        subnet_ids=["subnet"],
        clients_prefix_list_id="list",
        origin_secret_version=1,
        protect=False,
    )


def target_group_args() -> load_balancer.TargetGroupArgs:
    return load_balancer.TargetGroupArgs(port=80, health_path="/live")


def make_balancer(args: Any) -> object:
    return load_balancer.LoadBalancer("it", args).route(
        "shop", load_balancer.RouteArgs(patterns=["/*"]), target_group_args()
    )


def make_route(args: Any) -> object:
    return load_balancer.LoadBalancer("it", balancer_args()).route("shop", args, target_group_args())


def make_targets(args: Any) -> object:
    route = load_balancer.RouteArgs(patterns=["/*"], weights={"live": 9, "canary": 1})
    return load_balancer.LoadBalancer("it", balancer_args()).route("shop", route, args)


EXAMPLES: Mapping[type, Example] = {
    load_balancer.LoadBalancerArgs: Example(
        make=make_balancer,
        args=balancer_args,
    ),
    load_balancer.RouteArgs: Example(
        make=make_route,
        args=lambda: load_balancer.RouteArgs(patterns=["/a"], hosts=["a"], weights={"live": 1}),
        changes={"weights": lambda _: {"live": 1, "canary": 1}},
    ),
    load_balancer.TargetGroupArgs: Example(
        make=make_targets,
        args=target_group_args,
        changes={"algorithm": lambda _: "weighted_random"},
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
