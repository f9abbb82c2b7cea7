"""What clients meet first: distributions and HTTP APIs; and the load balancers behind them."""

from collections.abc import Mapping, Sequence
from typing import Any

from scripts.local.console.model import Group, Node
from scripts.local.runtime.aws_client import Aws


async def groups(aws: Aws) -> list[Group]:
    """Return distributions, HTTP APIs and load balancers, each a group of its own."""
    answer = await aws.collect("cloudfront", "list_distributions")
    distributions = answer.get("DistributionList", {}).get("Items", [])
    apis = (await aws.call("apigatewayv2", "get_apis"))["Items"]
    balancers = (await aws.collect("elbv2", "describe_load_balancers"))["LoadBalancers"]
    return [
        *(_distribution(one) for one in distributions),
        *[await _api(aws, one) for one in apis],
        *[await _balancer(aws, one) for one in balancers],
    ]


def _distribution(found: Mapping[str, Any]) -> Group:
    node = Node(
        id=found["ARN"],
        title="CloudFront",
        processes=(f"cdn-{found['Id']}",),
        place=found["DomainName"],
        described=found,
    )
    domains = {origin["DomainName"] for origin in found["Origins"]["Items"]}
    return Group(
        id=found["ARN"],
        tier="edge",
        kind="cdn",
        title="CDN",
        nodes=(node,),
        leads_to=frozenset(domains | {domain.partition(".s3.")[0] for domain in domains}),
    )


async def _api(aws: Aws, found: Mapping[str, Any]) -> Group:
    integrations = (await aws.call("apigatewayv2", "get_integrations", ApiId=found["ApiId"]))["Items"]
    arns = {_target(one.get("IntegrationUri", "")) for one in integrations}
    node = Node(
        id=found["ApiId"], title="HTTP API", place=found["ApiEndpoint"], processes=(), described=found
    )
    return Group(
        id=f"api-{found['ApiId']}",
        tier="edge",
        kind="gateway",
        title="API Gateway",
        nodes=(node,),
        leads_to=frozenset(arns),
    )


def _target(uri: str) -> str:
    """Return the ARN of the function or the listener that an integration leads to."""
    _, found, rest = uri.partition("/functions/")
    arn = rest.removesuffix("/invocations") if found else uri
    return ":".join(arn.split(":")[:7]) if ":function:" in arn else arn


async def _balancer(aws: Aws, found: Mapping[str, Any]) -> Group:
    arn = found["LoadBalancerArn"]
    listeners = (await aws.collect("elbv2", "describe_listeners", LoadBalancerArn=arn))["Listeners"]
    groups = await aws.collect("elbv2", "describe_target_groups", LoadBalancerArn=arn)
    node = Node(
        id=arn,
        title="Load balancer",
        processes=(f"balancer-{found['LoadBalancerName']}",),
        place=found["DNSName"],
        described={**found, "Listeners": _listeners(listeners)},
    )
    return Group(
        id=arn,
        tier="balancing",
        kind="balancer",
        title="Load balancer",
        nodes=(node,),
        told=frozenset({found["DNSName"], *(one["ListenerArn"] for one in listeners)}),
        leads_to=frozenset(group["TargetGroupArn"] for group in groups["TargetGroups"]),
    )


def _listeners(found: Sequence[Mapping[str, Any]]) -> list[str]:
    return [f"{one['Protocol']} {one['Port']}" for one in found]
