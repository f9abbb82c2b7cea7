"""Examples of the components of network."""

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.components import (
    adopted_network,
    flow_logs,
    forward_proxy,
    load_balancer,
    log_bucket,
    nat_instance,
    network,
    peering,
    security_group,
)
from tests.infra.components.examples.example import Example


def logs(name: str) -> log_bucket.LogBucket:
    return log_bucket.LogBucket(name, log_bucket_args())


def log_bucket_args() -> log_bucket.LogBucketArgs:
    return log_bucket.LogBucketArgs(region="eu-west-1", account_id="1", retention_days=7, protect=False)


def show_adopted(args: Any) -> object:
    """An adopted network makes nothing: what it hands on must show."""
    network = adopted_network.AdoptedNetwork("it", args)
    subnets = [*network.public_subnet_ids, *network.private_subnet_ids, *network.isolated_subnet_ids]
    seen = pulumi.Output.json_dumps(
        [network.vpc_id, str(network.cidr), network.default_security_group_id, *subnets]
    )
    return aws.sns.Topic("seen", display_name=seen)


def balancer_args(log_bucket_name: str = "logs") -> load_balancer.LoadBalancerArgs:
    return load_balancer.LoadBalancerArgs(
        vpc_id="vpc",
        subnet_ids=["subnet"],
        clients_prefix_list_id="list",
        origin_secret_version=1,
        certificate_arn="certificate",
        tls_policy="p",
        idle_timeout=60,
        desync_mode="defensive",
        logs=logs(log_bucket_name),
        connection_logs=True,
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


def a_network(name: str, cidr: str) -> network.Network:
    return network.Network(
        name,
        network.NetworkArgs(
            cidr=IPv4Network(cidr),
            zones=["a", "b"],
            region="eu-west-1",
            account_id="1",
            nat="none",
            nat_image_id=None,
            nat_instance_type="t4g.nano",
        ),
    )


def peering_args() -> peering.PeeringArgs:
    return peering.PeeringArgs(
        requester=a_network("here", "10.0.0.0/16"),
        accepter=a_network("there", "10.1.0.0/16"),
        accepter_region="eu-west-1",
        accepter_provider=aws.Provider("there", region="eu-west-1"),
    )


EXAMPLES: Mapping[type, Example] = {
    adopted_network.AdoptedNetworkArgs: Example(
        make=show_adopted,
        args=lambda: adopted_network.AdoptedNetworkArgs(
            vpc_id="vpc",
            cidr=IPv4Network("10.0.0.0/16"),
            default_security_group_id="default",
            public_subnet_ids=["a"],
            private_subnet_ids=["b"],
            isolated_subnet_ids=["c"],
        ),
        changes={
            "public_subnet_ids": lambda _: ["d"],
            "private_subnet_ids": lambda _: ["d"],
            "isolated_subnet_ids": lambda _: ["d"],
        },
    ),
    flow_logs.FlowLogsArgs: Example(
        make=lambda args: flow_logs.FlowLogs("it", args),
        args=lambda: flow_logs.FlowLogsArgs(
            vpc_id="vpc", bucket=None, log_retention_days=7, log_kms_key_arn="key"
        ),
        changes={"bucket": lambda _: logs("flows")},
    ),
    forward_proxy.ForwardProxyArgs: Example(
        make=lambda args: forward_proxy.ForwardProxy("it", args),
        args=lambda: forward_proxy.ForwardProxyArgs(
            vpc_id="vpc",
            cidr=IPv4Network("10.0.0.0/16"),
            public_subnet_ids=["public"],
            private_subnet_ids=["private"],
            domains=["example.com"],
            image_id="ami",
            instance_type="t",
            tags={"A": "a"},
            protect=False,
            after=[],
        ),
        changes={"after": lambda _: [logs("first")]},
    ),
    log_bucket.LogBucketArgs: Example(
        make=lambda args: log_bucket.LogBucket("it", args),
        args=log_bucket_args,
        changes={"region": lambda _: "eu-west-2"},
    ),
    nat_instance.NatInstanceArgs: Example(
        make=lambda args: nat_instance.NatInstance("it", args),
        args=lambda: nat_instance.NatInstanceArgs(
            vpc_id="vpc",
            subnet_id="subnet",
            sources=[IPv4Network("10.0.0.0/20")],
            image_id="ami",
            instance_type="t",
            after=[],
        ),
        changes={"after": lambda _: [logs("first")]},
    ),
    load_balancer.LoadBalancerArgs: Example(
        make=make_balancer,
        args=balancer_args,
        changes={
            "logs": lambda _: logs("others"),
            "origin_secrets": lambda _: [pulumi.Output.secret("another's")],
        },
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
            account_id="1",
            nat="instance",
            nat_image_id="ami",
            nat_instance_type="t",
            interface_endpoints=["ssm"],
        ),
        changes={"nat": lambda _: "per_zone"},
    ),
    peering.PeeringArgs: Example(
        make=lambda args: peering.Peering("it", args),
        args=peering_args,
        changes={
            "requester": lambda _: a_network("another", "10.2.0.0/16"),
            "accepter": lambda _: a_network("another", "10.2.0.0/16"),
            "accepter_provider": lambda _: aws.Provider("another", region="eu-west-2"),
        },
    ),
    security_group.SecurityGroupArgs: Example(
        make=lambda args: security_group.SecurityGroup("it", args),
        args=lambda: security_group.SecurityGroupArgs(vpc_id="vpc", description="d"),
    ),
}
