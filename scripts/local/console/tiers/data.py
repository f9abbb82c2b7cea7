"""Where the data is: databases with their replicas, caches, tables and buckets."""

from collections.abc import Mapping
from typing import Any

from scripts.local.console.model import Group, Node
from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.databases import deployed


async def groups(aws: Aws) -> list[Group]:
    """Return each primary with its replicas, each replication group, all tables, and all buckets."""
    return [*await _databases(aws), *await _caches(aws), *await _tables(aws), *await _buckets(aws)]


async def _databases(aws: Aws) -> list[Group]:
    instances = await deployed.instances(aws)
    families: dict[str, list[Mapping[str, Any]]] = {}
    for name, found in sorted(instances.items()):
        source = deployed.source(found)
        families.setdefault(source if source in instances else name, []).append(found)
    return [_database(name, members) for name, members in sorted(families.items())]


def _database(name: str, members: list[Mapping[str, Any]]) -> Group:
    ready = [found for found in members if found.get("Endpoint")]
    ordered = sorted(ready, key=lambda found: deployed.source(found) is not None)
    return Group(
        id=f"database-{name}",
        tier="data",
        kind="database",
        title=name,
        nodes=tuple(_instance(found) for found in ordered),
        told=frozenset(deployed.address(found) for found in ready),
    )


def _instance(found: Mapping[str, Any]) -> Node:
    name = found["DBInstanceIdentifier"]
    return Node(
        id=found["DBInstanceArn"],
        title=name,
        role="replica" if deployed.source(found) else "primary",
        processes=(f"database-{name}",),
        place=deployed.address(found),
        described=found,
    )


async def _caches(aws: Aws) -> list[Group]:
    answer = await aws.collect("elasticache", "describe_replication_groups")
    return [_cache(found) for found in answer["ReplicationGroups"] if found["Status"] != "deleting"]


def _cache(found: Mapping[str, Any]) -> Group:
    nodes: list[Node] = []
    places: set[str] = set()
    for shard in found["NodeGroups"]:
        nodes += [_member(found, member) for member in shard["NodeGroupMembers"]]
        ends = [shard.get("PrimaryEndpoint"), shard.get("ReaderEndpoint"), found.get("ConfigurationEndpoint")]
        places |= {f"{end['Address']}:{end['Port']}" for end in ends if end}
    return Group(
        id=f"cache-{found['ReplicationGroupId']}",
        tier="data",
        kind="cache",
        title=found["ReplicationGroupId"],
        nodes=tuple(nodes),
        told=frozenset(places),
    )


def _member(group: Mapping[str, Any], member: Mapping[str, Any]) -> Node:
    name, end = member["CacheClusterId"], member.get("ReadEndpoint") or {}
    return Node(
        id=name,
        title=name.removeprefix(f"{group['ReplicationGroupId']}-"),
        role=member.get("CurrentRole", ""),  # AWS tells none in cluster mode: its process does
        processes=(f"cache-{name}",),
        place=f"{end['Address']}:{end['Port']}" if end else "",
        described=dict(member),
    )


async def _tables(aws: Aws) -> list[Group]:
    names: list[str] = (await aws.collect("dynamodb", "list_tables"))["TableNames"]
    nodes = tuple(Node(id=f"table-{name}", title=name) for name in sorted(names))
    told = frozenset(names)
    return (
        [Group(id="tables", tier="data", kind="table", title="DynamoDB", nodes=nodes, told=told)]
        if nodes
        else []
    )


async def _buckets(aws: Aws) -> list[Group]:
    names = sorted(found["Name"] for found in (await aws.call("s3", "list_buckets"))["Buckets"])
    nodes = tuple(Node(id=f"bucket-{name}", title=name) for name in names)
    told = frozenset(names)
    return (
        [Group(id="buckets", tier="data", kind="bucket", title="S3", nodes=nodes, told=told)] if nodes else []
    )
