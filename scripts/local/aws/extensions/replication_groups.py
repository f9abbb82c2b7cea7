"""ElastiCache: a replication group has the members that were asked for, and DescribeCacheClusters knows them.

Needed for moto 5.2.5, which makes one member whatever `NumCacheClusters` says, answers without a reader
endpoint, and does not find the members by their own names.
"""

from typing import Any

from moto.elasticache.exceptions import CacheClusterNotFound
from moto.elasticache.models import CacheCluster, ElastiCacheBackend, ReplicationGroup

_create = ReplicationGroup.__init__
_describe = ElastiCacheBackend.describe_cache_clusters


def install() -> None:
    """Create the members, and describe them as cache clusters."""
    ReplicationGroup.__init__ = _create_with_members  # type: ignore[assignment]
    ElastiCacheBackend.describe_cache_clusters = _describe_with_members  # type: ignore[method-assign,assignment]


def _create_with_members(self: ReplicationGroup, **arguments: Any) -> None:
    if arguments["num_cache_clusters"] and arguments["replicas_per_node_group"] is None:
        arguments["replicas_per_node_group"] = arguments["num_cache_clusters"] - 1
    _create(self, **arguments)
    for node_group in self.node_groups:
        if "reader_endpoint_address" in node_group:
            node_group["reader_endpoint"] = {
                "address": node_group["reader_endpoint_address"],
                "port": self.port,
            }


def _describe_with_members(
    self: ElastiCacheBackend, cache_cluster_id: str | None = None
) -> list[CacheCluster | dict[str, Any]]:
    members = {
        member["cache_cluster_id"]: _described(self, group, member)
        for group in self.replication_groups.values()
        for node_group in group.node_groups
        for member in node_group["node_group_members"]
    }
    if cache_cluster_id is None:
        return [*_describe(self), *members.values()]
    if cache_cluster_id in members:
        return [members[cache_cluster_id]]
    if cache_cluster_id in self.cache_clusters:
        return list(_describe(self, cache_cluster_id))
    raise CacheClusterNotFound(cache_cluster_id)


def _described(
    backend: ElastiCacheBackend, group: ReplicationGroup, member: dict[str, Any]
) -> dict[str, Any]:
    """Return a member as DescribeCacheClusters answers it; its settings are those of its group."""
    account = f"{backend.region_name}:{backend.account_id}"
    zone = member["preferred_availability_zone"]
    return {
        "CacheClusterId": member["cache_cluster_id"],
        "ReplicationGroupId": group.replication_group_id,
        "CacheClusterStatus": group.status,
        "CacheClusterCreateTime": group.replication_group_create_time,
        "CacheNodeType": group.cache_node_type,
        "Engine": group.engine,
        "EngineVersion": group.engine_version,
        "NumCacheNodes": 1,
        "PreferredAvailabilityZone": zone,
        "CacheNodes": [
            {
                "CacheNodeId": member["cache_node_id"],
                "CacheNodeStatus": group.status,
                "CustomerAvailabilityZone": zone,
                "Endpoint": member.get("read_endpoint"),
            }
        ],
        "CacheSubnetGroupName": group.cache_subnet_group_name,
        "CacheParameterGroup": {"CacheParameterGroupName": group.cache_parameter_group_name},
        "SecurityGroups": [
            {"SecurityGroupId": security_group, "Status": "active"}
            for security_group in group.security_group_ids or []
        ],
        "TransitEncryptionEnabled": group.transit_encryption_enabled,
        "AtRestEncryptionEnabled": group.at_rest_encryption_enabled,
        "SnapshotRetentionLimit": group.snapshot_retention_limit,
        "ARN": f"arn:aws:elasticache:{account}:cluster:{member['cache_cluster_id']}",
    }
