"""Load balancers, listeners, rules and target groups, as Elastic Load Balancing describes them."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.balancers.stickiness import Stickiness
from scripts.local.runtime.errors import LocalRuntimeError

APPLICATION = "application"
DAY = 86_400  # seconds: how long a sticky cookie lasts where nothing says so
FOLLOWED_TARGETS = ("instance", "ip")
CONSISTENT_HASH = "blueprint:consistent-hash"
"""The tag of a target group whose requests are spread by a consistent hash here, as no load balancer of AWS
does: `path` or `client` is what is hashed."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Conditions that must all hold, and what is done then; all as the API has them.

    `priority` is 0 for the default rule, as access logs tell it.
    """

    priority: str
    conditions: tuple[Mapping[str, Any], ...]
    action: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Listener:
    """A listener's port and protocol, and its rules in the order they are tried in, the default one last."""

    arn: str
    port: int
    protocol: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True, kw_only=True)
class HealthCheck:
    """How targets are checked; times in seconds."""

    enabled: bool
    path: str
    interval: float
    timeout: float
    healthy_threshold: int
    unhealthy_threshold: int
    matcher: str


@dataclass(frozen=True, kw_only=True)
class Spread:
    """How requests are spread over targets: the algorithm as the attribute says, and who stays where.

    `hashed` is what a consistent hash is made of, "" for none: then the algorithm decides.
    """

    algorithm: str = "round_robin"
    hashed: str = ""
    stickiness: Stickiness | None = None


@dataclass(frozen=True, kw_only=True)
class TargetGroup:
    """A target group with its registered targets as `id:port`.

    `balancers` are the ARNs of the load balancers that forward to it.
    """

    arn: str
    name: str
    balancers: tuple[str, ...]
    health_check: HealthCheck
    spread: Spread
    targets: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class LoadBalancer:
    """An application load balancer; `idle_timeout` in seconds."""

    arn: str
    name: str
    dns_name: str
    idle_timeout: float
    listeners: tuple[Listener, ...]

    @property
    def full_name(self) -> str:
        """What it is called in logs and metrics: `app/NAME/ID`."""
        return self.arn.partition(":loadbalancer/")[2]

    @property
    def front(self) -> Listener:
        """The listener that clients should come to: one with HTTPS, if there is one, by the lowest port."""
        return min(self.listeners, key=lambda one: (one.protocol != "HTTPS", one.port))


async def load_balancers(aws: Aws) -> list[LoadBalancer]:
    """Return the application load balancers with their listeners."""
    described = (await aws.collect("elbv2", "describe_load_balancers"))["LoadBalancers"]
    wanted = [one for one in described if one["Type"] == APPLICATION]
    return await asyncio.gather(*(_load_balancer(aws, one) for one in wanted))


async def target_groups(aws: Aws) -> list[Mapping[str, Any]]:
    """Return the target groups as the API describes them."""
    groups: list[Mapping[str, Any]] = (await aws.collect("elbv2", "describe_target_groups"))["TargetGroups"]
    return groups


async def target_group(aws: Aws, described: Mapping[str, Any], spread: Spread) -> TargetGroup:
    """Return a described target group with the targets that are registered now."""
    arn = described["TargetGroupArn"]
    if described.get("TargetType") not in FOLLOWED_TARGETS:
        raise LocalRuntimeError(
            f"The target group {described['TargetGroupName']!r} has targets of the type"
            f" {described.get('TargetType')}: only {' and '.join(FOLLOWED_TARGETS)} are followed here."
        )
    answer = await aws.call("elbv2", "describe_target_health", TargetGroupArn=arn)
    targets = [
        found["Target"]
        for found in answer["TargetHealthDescriptions"]
        if found["TargetHealth"]["State"] != "draining"
    ]
    return TargetGroup(
        arn=arn,
        name=described["TargetGroupName"],
        balancers=tuple(sorted(set(described["LoadBalancerArns"]))),  # moto names one for each rule
        health_check=_health_check(described),
        spread=spread,
        targets=tuple(sorted(f"{target['Id']}:{target['Port']}" for target in targets)),
    )


async def spread(aws: Aws, arn: str) -> Spread:
    """Return how a target group's requests are spread."""
    found = _attributes(await aws.call("elbv2", "describe_target_group_attributes", TargetGroupArn=arn))
    described = (await aws.call("elbv2", "describe_tags", ResourceArns=[arn]))["TagDescriptions"]
    tags = {tag["Key"]: tag["Value"] for one in described for tag in one["Tags"]}
    return Spread(
        algorithm=found.get("load_balancing.algorithm.type", "round_robin"),
        hashed=tags.get(CONSISTENT_HASH, ""),
        stickiness=_stickiness(found),
    )


def _stickiness(found: Mapping[str, str]) -> Stickiness | None:
    if found.get("stickiness.enabled") != "true":
        return None
    if found.get("stickiness.type") == "app_cookie":
        seconds = int(found.get("stickiness.app_cookie.duration_seconds", DAY))
        return Stickiness(seconds=seconds, application_cookie=found["stickiness.app_cookie.cookie_name"])
    return Stickiness(seconds=int(found.get("stickiness.lb_cookie.duration_seconds", DAY)))


async def _load_balancer(aws: Aws, described: Mapping[str, Any]) -> LoadBalancer:
    arn = described["LoadBalancerArn"]
    attributes = await aws.call("elbv2", "describe_load_balancer_attributes", LoadBalancerArn=arn)
    listeners = (await aws.collect("elbv2", "describe_listeners", LoadBalancerArn=arn))["Listeners"]
    return LoadBalancer(
        arn=arn,
        name=described["LoadBalancerName"],
        dns_name=described["DNSName"],
        idle_timeout=float(_attributes(attributes).get("idle_timeout.timeout_seconds", 60)),
        listeners=tuple(await asyncio.gather(*(_listener(aws, one) for one in listeners))),
    )


async def _listener(aws: Aws, described: Mapping[str, Any]) -> Listener:
    answer = await aws.collect("elbv2", "describe_rules", ListenerArn=described["ListenerArn"])
    ordered = sorted(answer["Rules"], key=lambda rule: (rule["IsDefault"], _priority(rule)))
    return Listener(
        arn=described["ListenerArn"],
        port=described["Port"],
        protocol=described["Protocol"],
        # The last action decides; those before it authenticate, for which nobody is here.
        rules=tuple(
            Rule(
                priority=str(_priority(rule)),
                conditions=tuple(rule["Conditions"]),
                action=rule["Actions"][-1],
            )
            for rule in ordered
        ),
    )


def _priority(rule: Mapping[str, Any]) -> int:
    return int(rule["Priority"]) if rule["Priority"].isdigit() else 0


def _attributes(answer: Mapping[str, Any]) -> dict[str, str]:
    return {attribute["Key"]: attribute["Value"] for attribute in answer["Attributes"]}


def _health_check(described: Mapping[str, Any]) -> HealthCheck:
    return HealthCheck(
        enabled=described.get("HealthCheckEnabled", True),
        path=described.get("HealthCheckPath", "/"),
        interval=float(described.get("HealthCheckIntervalSeconds", 30)),
        timeout=float(described.get("HealthCheckTimeoutSeconds", 5)),
        healthy_threshold=described.get("HealthyThresholdCount", 5),
        unhealthy_threshold=described.get("UnhealthyThresholdCount", 2),
        matcher=described.get("Matcher", {}).get("HttpCode", "200"),
    )
