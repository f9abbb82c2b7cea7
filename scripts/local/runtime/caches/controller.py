"""Keeps the replication groups that are described: a Redis server a member, clusters and others."""

import asyncio
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any

from scripts.local.runtime.caches.cluster import Cluster
from scripts.local.runtime.caches.requests import Requests
from scripts.local.runtime.caches.shard import Shard
from scripts.local.runtime.context import Context
from scripts.local.runtime.ports import HOST
from scripts.local.runtime.servers import redis

Description = Mapping[str, Any]


class Caches:
    """Keeps a Redis server for each member of each replication group, with its part as it is described."""

    name = "caches"
    after: tuple[str, ...] = ()

    def __init__(self, context: Context) -> None:
        self._context = context
        self._requests = Requests(context)
        self._clusters: dict[str, Cluster] = {}
        self._shards: dict[tuple[str, str], Shard] = {}
        self._evictions: dict[str, str] = {}

    async def reconcile(self) -> bool:
        """Start, check and stop servers as ElastiCache describes the groups; True when each answers."""
        answer = await self._context.aws.collect("elasticache", "describe_replication_groups")
        groups = [group for group in answer["ReplicationGroups"] if group["Status"] != "deleting"]
        clusters = {group["ReplicationGroupId"]: group for group in groups if group["ClusterEnabled"]}
        shards = dict(_shards(group for group in groups if not group["ClusterEnabled"]))
        await self._stop_all_but(clusters.keys(), shards.keys())
        followed = [self._reconcile_cluster(name, group) for name, group in clusters.items()]
        followed += [self._reconcile_shard(key, *found) for key, found in shards.items()]
        return all(await asyncio.gather(*followed))

    async def close(self) -> None:
        """Nothing is held between reconciliations."""

    async def _stop_all_but(self, clusters: Container[str], shards: Container[tuple[str, str]]) -> None:
        for name in [name for name in self._clusters if name not in clusters]:
            await self._clusters.pop(name).stop()
        for key in [key for key in self._shards if key not in shards]:
            await self._shards.pop(key).stop()

    async def _reconcile_cluster(self, name: str, group: Description) -> bool:
        if name not in self._clusters:
            self._clusters[name] = Cluster(self._context, name)
        cluster = self._clusters[name]
        eviction = await self._eviction(group["MemberClusters"][0])
        asked = await self._requests.take(name)
        healthy = await cluster.reconcile(group, eviction, asked)
        self._publish(group["ConfigurationEndpoint"], cluster.port, "cache")
        return healthy

    async def _reconcile_shard(
        self, key: tuple[str, str], group: Description, described: Description
    ) -> bool:
        if key not in self._shards:
            self._shards[key] = Shard(self._context, key[0], self._context.ports.take)
        shard = self._shards[key]
        eviction = await self._eviction(described["NodeGroupMembers"][0]["CacheClusterId"])
        fails_over = group["AutomaticFailover"] == "enabled"
        healthy = await shard.reconcile(described, eviction, fails_over=fails_over)
        self._publish_all(shard, described)
        return healthy

    def _publish_all(self, shard: Shard, described: Description) -> None:
        """Say where the endpoints of a shard lead to."""
        primary, *replicas = shard.members
        for member in described["NodeGroupMembers"]:
            self._publish(member.get("ReadEndpoint"), shard.port(member["CacheClusterId"]))
        self._publish(described.get("PrimaryEndpoint"), shard.port(primary), "cache")
        if replicas:
            self._publish(described.get("ReaderEndpoint"), shard.port(replicas[0]), "cache_replica")
        else:
            self._publish(described.get("ReaderEndpoint"), shard.port(primary))

    def _publish(self, endpoint: Description | None, port: int, name: str | None = None) -> None:
        """Say that an endpoint, where the group has it, leads to this port."""
        deployed = f"{endpoint['Address']}:{endpoint['Port']}" if endpoint else ""
        self._context.addresses.publish(deployed, f"{HOST}:{port}", name)

    async def _eviction(self, identifier: str) -> str:
        """What makes room, as the parameters say: of these, the one that every Redis knows."""
        if identifier not in self._evictions:
            self._evictions[identifier] = await self._described_eviction(identifier)
        return self._evictions[identifier]

    async def _described_eviction(self, identifier: str) -> str:
        aws = self._context.aws
        answer = await aws.call("elasticache", "describe_cache_clusters", CacheClusterId=identifier)
        (cluster,) = answer["CacheClusters"]
        group = cluster["CacheParameterGroup"].get("CacheParameterGroupName")
        if not group:
            return redis.EVICTION
        answer = await aws.call("elasticache", "describe_cache_parameters", CacheParameterGroupName=group)
        values = {each["ParameterName"]: each["ParameterValue"] for each in answer["Parameters"]}
        return str(values.get(redis.EVICTION_PARAMETER, redis.EVICTION))


def _shards(
    groups: Iterable[Description],
) -> Iterator[tuple[tuple[str, str], tuple[Description, Description]]]:
    """Yield shards of groups: the group's id and the shard's, and how AWS describes both."""
    for group in groups:
        for shard in group["NodeGroups"]:
            yield (group["ReplicationGroupId"], shard["NodeGroupId"]), (group, shard)
