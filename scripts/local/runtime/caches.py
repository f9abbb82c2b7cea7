"""ElastiCache replication groups as real Redis servers: one a member, replicas copying from the primary."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.local.runtime.context import Context
from scripts.local.runtime.ports import HOST
from scripts.local.runtime.servers import redis
from scripts.local.runtime.supervisor import ProcessSpec

RESTART_DELAY = 0.5


class Caches:
    """Keeps a Redis server for each member of each replication group, with shards as they are described."""

    name = "caches"
    after: tuple[str, ...] = ()

    def __init__(self, context: Context) -> None:
        self._context = context
        self._ports: dict[str, int] = {}
        self._evictions: dict[str, str] = {}

    async def reconcile(self) -> bool:
        """Start, check and stop servers as ElastiCache describes the groups; True when each answers."""
        answer = await self._context.aws.collect("elasticache", "describe_replication_groups")
        groups = [group for group in answer["ReplicationGroups"] if group["Status"] != "deleting"]
        shards = [shard for group in groups for shard in group["NodeGroups"]]
        members = [member["CacheClusterId"] for shard in shards for member in shard["NodeGroupMembers"]]
        for gone in self._ports.keys() - set(members):
            await self._context.supervisor.stop(_name(gone))
            del self._ports[gone]
            self._evictions.pop(gone, None)
        for group in groups:
            for shard in group["NodeGroups"]:
                await self._reconcile(shard)
        return all(await asyncio.gather(*map(self._check, members)))

    async def close(self) -> None:
        """Nothing is held between reconciliations."""

    async def _reconcile(self, shard: Mapping[str, Any]) -> None:
        members = shard["NodeGroupMembers"]
        eviction = await self._eviction(members[0])
        # In cluster mode the answer tells no roles: the first member of a shard is its primary then.
        primary = next((one for one in members if one.get("CurrentRole") == "primary"), members[0])
        replicas = [member for member in members if member is not primary]
        port = self._port("cache", primary)
        await self._context.supervisor.ensure(_spec(primary, port, eviction))
        for replica in replicas:
            spec = _spec(replica, self._port("cache_replica", replica), eviction, primary_port=port)
            await self._context.supervisor.ensure(spec)
        for member in members:
            self._publish(member.get("ReadEndpoint"), member)
        self._publish(shard.get("PrimaryEndpoint"), primary, "cache")
        if replicas:
            self._publish(shard.get("ReaderEndpoint"), replicas[0], "cache_replica")
        else:
            self._publish(shard.get("ReaderEndpoint"), primary)

    async def _eviction(self, member: Mapping[str, Any]) -> str:
        """What makes room, as the parameters say: of these, the one that every Redis knows."""
        identifier = member["CacheClusterId"]
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

    def _port(self, name: str, member: Mapping[str, Any]) -> int:
        identifier = member["CacheClusterId"]
        if identifier not in self._ports:
            self._ports[identifier] = self._context.ports.take(name)
        return self._ports[identifier]

    def _publish(
        self, endpoint: Mapping[str, Any] | None, member: Mapping[str, Any], name: str | None = None
    ) -> None:
        """Say that an endpoint, where the group has it, leads to this member."""
        deployed = f"{endpoint['Address']}:{endpoint['Port']}" if endpoint else ""
        local = f"{HOST}:{self._ports[member['CacheClusterId']]}"
        self._context.addresses.publish(deployed, local, name)

    async def _check(self, identifier: str) -> bool:
        healthy = await asyncio.to_thread(redis.ping, self._ports[identifier])
        detail = "" if healthy else "does not answer"
        self._context.supervisor.report_health(_name(identifier), healthy=healthy, detail=detail)
        return healthy


def _name(identifier: str) -> str:
    return f"cache-{identifier}"


def _spec(
    member: Mapping[str, Any], port: int, eviction: str, primary_port: int | None = None
) -> ProcessSpec:
    return ProcessSpec(
        name=_name(member["CacheClusterId"]),
        role="cache" if primary_port is None else "cache-replica",
        command=redis.command(port, primary_port, eviction),
        directory=Path("/"),  # it writes nothing
        environment={},
        port=port,
        restart_delay=RESTART_DELAY,
    )
