"""What the settings of the cache forbid each other."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from infra.errors import Problem
from infra.rules import parameters, windows
from infra.rules.rule import Rule

if TYPE_CHECKING:
    from infra.settings import Settings

NODES = 90
"""Nodes that a cluster may have at first; AWS raises it to 500 on request."""
AN_HOUR = 60  # minutes
ELASTICACHE = "ElastiCache"

DECIDED_BY = {"cluster-enabled": "cache.shards", "maxmemory-policy": "cache.eviction"}
"""Parameters that a setting of their own decides."""


def _failover_needs_two_nodes(settings: "Settings") -> Iterator[Problem]:
    if settings.cache.automatic_failover and settings.cache.nodes < 2:
        yield Problem(
            key="cache.nodes",
            value=settings.cache.nodes,
            allowed="at least 2 with automatic_failover",
            remedy="Add a node to fail over to, or set cache.automatic_failover to false.",
        )


def _clusters_fail_over(settings: "Settings") -> Iterator[Problem]:
    if settings.cache.shards and not settings.cache.automatic_failover:
        yield Problem(
            key="cache.automatic_failover",
            value=False,
            allowed="true where there are shards",
            remedy="ElastiCache makes no cluster without it: switch it on, or set cache.shards to null.",
        )


def _nodes_fit_into_the_quota(settings: "Settings") -> Iterator[Problem]:
    cache = settings.cache
    if (cache.shards or 1) * cache.nodes > NODES:
        yield Problem(
            key="cache.shards",
            value=cache.shards,
            allowed=f"at most {NODES // cache.nodes} with {cache.nodes} nodes each",
            remedy=f"AWS lets a cluster have {NODES} nodes: take fewer of either, or larger ones.",
        )


def _passwords_need_tls(settings: "Settings") -> Iterator[Problem]:
    if settings.cache.authentication and not settings.cache.transit_encryption:
        yield Problem(
            key="cache.transit_encryption",
            value=False,
            allowed="true with authentication",
            remedy="ElastiCache asks for passwords over TLS only: switch it on, or set cache.authentication "
            "to false.",
        )


def _parameters_have_one_place(settings: "Settings") -> Iterator[Problem]:
    yield from parameters.decided_elsewhere("cache.parameters", settings.cache.parameters, DECIDED_BY)


def _windows_can_be(settings: "Settings") -> Iterator[Problem]:
    daily, weekly = settings.cache.snapshot_window, settings.cache.maintenance_window
    yield from windows.too_short("cache.snapshot_window", daily, AN_HOUR, ELASTICACHE)
    yield from windows.too_short("cache.maintenance_window", weekly, AN_HOUR, ELASTICACHE)
    yield from windows.overlapping(
        "cache.snapshot_window", daily, "cache.maintenance_window", weekly, ELASTICACHE
    )


RULES: tuple[Rule, ...] = (
    _failover_needs_two_nodes,
    _clusters_fail_over,
    _nodes_fit_into_the_quota,
    _passwords_need_tls,
    _parameters_have_one_place,
    _windows_can_be,
)
