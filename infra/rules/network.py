"""What the settings of network and load balancer forbid each other."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from infra.errors import Problem
from infra.instance import squid
from infra.rules.compute import architecture_of
from infra.rules.rule import Rule

if TYPE_CHECKING:
    from infra.settings import Settings

SERVICES_WITHOUT_NAT = frozenset(
    {
        "autoscaling",
        "cognito-idp",
        "email",
        "events",
        "kinesis-streams",
        "secretsmanager",
        "sqs",
        "ssm",
        "transcribe",
    }
)
"""What instances and functions call beside S3 and DynamoDB, which have gateway endpoints of their own.

Without `autoscaling`, no instance could say that it has booted."""

SUBNETS = ("public_subnets", "private_subnets", "isolated_subnets")


def _vpc_is_private_and_has_room(settings: "Settings") -> Iterator[Problem]:
    for key, cidr in (
        ("network.cidr", settings.network.cidr),
        ("second_region.cidr", settings.second_region.cidr),
    ):
        # A sixteenth of a /22 is a /26: an AWS load balancer wants at least a /27 with eight addresses free.
        if cidr is None or (cidr.is_private and 16 <= cidr.prefixlen <= 22):
            continue
        yield Problem(
            key=key,
            value=str(cidr),
            allowed="a private network of /16 to /22",
            remedy="AWS allows nothing larger than /16, and below /22 a tier's subnets are too small.",
        )


def _no_nat_needs_endpoints(settings: "Settings") -> Iterator[Problem]:
    missing = sorted(SERVICES_WITHOUT_NAT - set(settings.network.interface_endpoints))
    if settings.network.nat == "none" and missing and not settings.network.vpc:
        yield Problem(
            key="network.nat",
            value="none",
            allowed=f"instance, single, per_zone, or none with interface_endpoints for {', '.join(missing)}",
            remedy="Without a way out, what runs in private subnets cannot call these services.",
        )


def _appliances_are_of_the_architecture(settings: "Settings") -> Iterator[Problem]:
    for key in ("nat_instance_type", "proxy_instance_type"):
        instance_type = getattr(settings.network, key)
        if instance_type and architecture_of(instance_type) != settings.architecture:
            yield Problem(
                key=f"network.{key}",
                value=instance_type,
                allowed=f"a type with {settings.architecture} processors",
                remedy="Choose another, or leave it unset: one image serves all instances of a stack.",
            )


def _the_proxy_is_the_only_way_out(settings: "Settings") -> Iterator[Problem]:
    if settings.network.proxy_domains and settings.network.nat != "none":
        yield Problem(
            key="network.nat",
            value=settings.network.nat,
            allowed="none with network.proxy_domains",
            remedy="Whoever can leave by NAT need not ask the proxy: set it to none.",
        )


def _proxy_domains_do_not_overlap(settings: "Settings") -> Iterator[Problem]:
    """Squid refuses a list in which one entry covers another."""
    domains = settings.network.proxy_domains
    for domain in dict.fromkeys(domains):
        others = [other for other in domains if other != domain]
        wider = next((other for other in others if squid.covers(other, domain)), None)
        if wider or domains.count(domain) > 1:
            yield Problem(
                key="network.proxy_domains",
                value=domain,
                allowed=f"domains that {wider or domain} does not cover",
                remedy="Remove it: Squid does not start with such a list.",
            )


def _an_adopted_network_has_its_own_keeper(settings: "Settings") -> Iterator[Problem]:
    network = settings.network
    if not network.vpc:
        return
    wanted: tuple[tuple[str, object, object, str], ...] = (
        ("nat", network.nat, "none", "Its routes are its keeper's"),
        ("flow_logs", network.flow_logs, "none", "Its flow logs are its keeper's"),
        ("interface_endpoints", list(network.interface_endpoints), [], "Its endpoints are its keeper's"),
    )
    for key, value, allowed, reason in wanted:
        if value != allowed:
            yield Problem(
                key=f"network.{key}",
                value=value,
                allowed=f"{allowed or 'an empty list'} with network.vpc",
                remedy=f"{reason}: change it, or remove network.vpc.",
            )


def _an_adopted_network_has_a_subnet_in_each_zone(settings: "Settings") -> Iterator[Problem]:
    if not settings.network.vpc:
        return
    for tier in SUBNETS:
        count = len(getattr(settings.network.vpc, tier))
        if count != settings.network.zones:
            yield Problem(
                key=f"network.vpc.{tier}",
                value=count,
                allowed=f"as many subnets as network.zones, {settings.network.zones}",
                remedy="Name one of each zone, in one order of zones for all tiers.",
            )


def _a_subnet_is_of_one_tier(settings: "Settings") -> Iterator[Problem]:
    if not settings.network.vpc:
        return
    subnets = [subnet for tier in SUBNETS for subnet in getattr(settings.network.vpc, tier)]
    for subnet in sorted({subnet for subnet in subnets if subnets.count(subnet) > 1}):
        yield Problem(
            key="network.vpc",
            value=subnet,
            allowed="each subnet once, in one tier",
            remedy="What is public must not be private as well: name another subnet.",
        )


def _anomalies_are_mitigated_by_weights(settings: "Settings") -> Iterator[Problem]:
    targets = settings.load_balancer.targets
    if targets.anomaly_mitigation and targets.algorithm != "weighted_random":
        yield Problem(
            key="load_balancer.targets.anomaly_mitigation",
            value=True,
            allowed=f"false with the algorithm {targets.algorithm}",
            remedy="Only weighted_random has weights to lower: choose it, or leave this out.",
        )


def _a_slow_start_goes_by_turns(settings: "Settings") -> Iterator[Problem]:
    targets = settings.load_balancer.targets
    if 0 < targets.slow_start < 30:
        yield Problem(
            key="load_balancer.targets.slow_start",
            value=targets.slow_start,
            allowed="0, or 30 to 900",
            remedy="AWS knows no shorter one: raise it, or set it to 0.",
        )
    if targets.slow_start and targets.algorithm != "round_robin":
        yield Problem(
            key="load_balancer.targets.slow_start",
            value=targets.slow_start,
            allowed=f"0 with the algorithm {targets.algorithm}",
            remedy="Only round_robin can start slowly: choose it, or set this to 0.",
        )


def _a_health_check_ends_before_the_next(settings: "Settings") -> Iterator[Problem]:
    targets = settings.load_balancer.targets
    if targets.health_timeout >= targets.health_interval:
        yield Problem(
            key="load_balancer.targets.health_timeout",
            value=targets.health_timeout,
            allowed=f"less than load_balancer.targets.health_interval, {targets.health_interval}",
            remedy="Lower it: AWS refuses checks that overlap.",
        )


def _connections_are_logged_beside_requests(settings: "Settings") -> Iterator[Problem]:
    if settings.load_balancer.connection_logs and not settings.load_balancer.access_logs:
        yield Problem(
            key="load_balancer.connection_logs",
            value=True,
            allowed="false without load_balancer.access_logs",
            remedy="Both are kept in one bucket: switch access_logs on as well.",
        )


RULES: tuple[Rule, ...] = (
    _vpc_is_private_and_has_room,
    _no_nat_needs_endpoints,
    _appliances_are_of_the_architecture,
    _the_proxy_is_the_only_way_out,
    _proxy_domains_do_not_overlap,
    _an_adopted_network_has_its_own_keeper,
    _an_adopted_network_has_a_subnet_in_each_zone,
    _a_subnet_is_of_one_tier,
    _anomalies_are_mitigated_by_weights,
    _a_slow_start_goes_by_turns,
    _a_health_check_ends_before_the_next,
    _connections_are_logged_beside_requests,
)
