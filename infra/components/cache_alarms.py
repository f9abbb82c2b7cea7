"""What is worth an alarm about a cache."""

from collections.abc import Sequence

from infra.components.alarms import Alarm

NAMESPACE = "AWS/ElastiCache"
CONNECTIONS = 50_000
"""ElastiCache lets a node take 65,000; clients that are refused take no further part."""
EVICTIONS = 1_000
"""Keys a minute that make room for others: more is a cache that forgets before it is asked again."""
CREDITS_LEFT = 20
"""CPU credits; one is a vCPU at full load for a minute."""
LAG = 10
"""Seconds; replicas of a healthy cache are far less than one behind."""


def members(group_id: str, *, nodes: int, shards: int | None) -> list[str]:
    """The ids of a group's nodes, as ElastiCache makes them.

    Args:
        group_id: of the replication group.
        nodes: of each shard.
        shards: None without cluster mode.
    """
    groups = [f"{group_id}-{shard:04}" for shard in range(1, shards + 1)] if shards else [group_id]
    return [f"{group}-{node:03}" for group in groups for node in range(1, nodes + 1)]


def of_nodes(
    name: str, members: Sequence[str], *, evicts: bool, burstable: bool, replicated: bool
) -> list[Alarm]:
    """Alarms of every node of cache `name`.

    Args:
        name: of the cache.
        members: ids of its nodes.
        evicts: a full cache drops keys rather than refuse new ones; being full is no fault then.
        burstable: nodes earn and spend CPU credits.
        replicated: some of the nodes are replicas; any may be, after a failover.
    """
    return [
        alarm
        for number, member in enumerate(members, start=1)
        for alarm in (
            _busy(name, number, member),
            _evicts(name, number, member) if evicts else _full(name, number, member),
            _crowded(name, number, member),
            *([_lags(name, number, member)] if replicated else []),
            *([_spent(name, number, member)] if burstable else []),
        )
    ]


def _busy(name: str, number: int, member: str) -> Alarm:
    return Alarm(
        name=f"{name}-cache-busy-{number}",
        description=f"The cache {name} keeps its one core busy: add shards, or take a faster type.",
        namespace=NAMESPACE,
        metric="EngineCPUUtilization",
        dimensions={"CacheClusterId": member},
        threshold=90,
        periods=15,
    )


def _full(name: str, number: int, member: str) -> Alarm:
    return Alarm(
        name=f"{name}-cache-memory-{number}",
        description=f"The cache {name} soon refuses to store anything: take a larger node type.",
        namespace=NAMESPACE,
        metric="DatabaseMemoryUsagePercentage",
        dimensions={"CacheClusterId": member},
        threshold=80,
    )


def _evicts(name: str, number: int, member: str) -> Alarm:
    return Alarm(
        name=f"{name}-cache-evictions-{number}",
        description=f"The cache {name} drops what it should keep: take a larger node type.",
        namespace=NAMESPACE,
        metric="Evictions",
        dimensions={"CacheClusterId": member},
        statistic="Sum",
        threshold=EVICTIONS,
        periods=15,
    )


def _crowded(name: str, number: int, member: str) -> Alarm:
    return Alarm(
        name=f"{name}-cache-connections-{number}",
        description=f"The cache {name} soon refuses connections: look who holds them.",
        namespace=NAMESPACE,
        metric="CurrConnections",
        dimensions={"CacheClusterId": member},
        statistic="Maximum",
        threshold=CONNECTIONS,
    )


def _lags(name: str, number: int, member: str) -> Alarm:
    return Alarm(
        name=f"{name}-cache-lag-{number}",
        description=f"A replica of the cache {name} is more than {LAG} seconds behind its primary.",
        namespace=NAMESPACE,
        metric="ReplicationLag",
        dimensions={"CacheClusterId": member},
        threshold=LAG,
    )


def _spent(name: str, number: int, member: str) -> Alarm:
    return Alarm(
        name=f"{name}-cache-credits-{number}",
        description=f"The cache {name} has spent its CPU credits and is slow until it earns new ones.",
        namespace=NAMESPACE,
        metric="CPUCreditBalance",
        dimensions={"CacheClusterId": member},
        comparison="LessThanThreshold",
        threshold=CREDITS_LEFT,
        periods=15,
    )
