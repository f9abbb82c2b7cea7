"""ElastiCache: a replication group has the members that were asked for, and DescribeCacheClusters knows them.

Needed for moto 5.2.5, which makes one member whatever `NumCacheClusters` says, answers without a reader
endpoint, does not find the members by their own names, makes no cluster of a group whose parameters say so,
changes little of a group, takes no final snapshot, and keeps a deleted group for ever.
"""

from typing import Any

from moto.core.responses import ActionResult
from moto.elasticache.exceptions import CacheClusterNotFound
from moto.elasticache.models import (
    CacheCluster,
    ElastiCacheBackend,
    ReplicationGroup,
    elasticache_backends,
)
from moto.elasticache.responses import ElastiCacheResponse

from scripts.local.aws.extensions import cache_failovers, cache_parameter_groups

SLOTS = 16_384
MAINTENANCE_WINDOW = "sun:05:00-sun:06:00"  # where AWS chooses one
# What ModifyReplicationGroup changes beside what moto does, by its name: the group's attribute.
CHANGES = {
    "AutoMinorVersionUpgrade": "auto_minor_version_upgrade",
    "CacheParameterGroupName": "cache_parameter_group_name",
    "EngineVersion": "engine_version",
    "PreferredMaintenanceWindow": "preferred_maintenance_window",
    "SecurityGroupIds": "security_group_ids",
    "SnapshotWindow": "snapshot_window",
    "TransitEncryptionEnabled": "transit_encryption_enabled",
    "TransitEncryptionMode": "transit_encryption_mode",
}

_create = ReplicationGroup.__init__
_describe = ElastiCacheBackend.describe_cache_clusters
_modify = ElastiCacheResponse.modify_replication_group
_delete = ElastiCacheResponse.delete_replication_group


def install() -> None:
    """Create the members, describe them as cache clusters, and let go of them."""
    ReplicationGroup.__init__ = _create_with_members  # type: ignore[assignment]
    ElastiCacheBackend.describe_cache_clusters = _describe_with_members  # type: ignore[method-assign,assignment]
    ElastiCacheResponse.modify_replication_group = _modify_all  # type: ignore[method-assign]
    ElastiCacheResponse.delete_replication_group = _delete_for_good  # type: ignore[method-assign]


def _create_with_members(self: ReplicationGroup, **arguments: Any) -> None:
    backend = elasticache_backends[arguments["account_id"]][arguments["region_name"]]
    parameters = cache_parameter_groups.values(backend, arguments["cache_parameter_group_name"])
    if parameters.get("cluster-enabled") == "yes":
        arguments["cluster_mode"] = "enabled"
    if arguments["num_cache_clusters"] and arguments["replicas_per_node_group"] is None:
        arguments["replicas_per_node_group"] = arguments["num_cache_clusters"] - 1
    _create(self, **arguments)
    if self.transit_encryption_enabled and not self.transit_encryption_mode:
        self.transit_encryption_mode = "required"
    for number, node_group in enumerate(self.node_groups):
        if self.cluster_enabled:
            node_group["slots"] = _slots(number, len(self.node_groups))
        else:
            node_group["reader_endpoint"] = {
                "address": node_group["reader_endpoint_address"],
                "port": self.port,
            }


def _slots(number: int, shards: int) -> str:
    """The part of the slots that the shard has, where they are spread evenly."""
    return f"{number * SLOTS // shards}-{(number + 1) * SLOTS // shards - 1}"


def _modify_all(self: ElastiCacheResponse) -> ActionResult:
    given = self._get_params()
    group = self.elasticache_backend.describe_replication_groups(given["ReplicationGroupId"])[0]
    for name, attribute in CHANGES.items():
        if name in given:
            setattr(group, attribute, given[name])
    if "LogDeliveryConfigurations" in given:
        configurations = [
            each for each in given["LogDeliveryConfigurations"] if each.get("Enabled") is not False
        ]
        group.log_delivery_configurations = group._get_log_delivery_configurations(configurations)
    if "PrimaryClusterId" in given:
        cache_failovers.promote(group, given["PrimaryClusterId"])
    removed = given.get("UserGroupIdsToRemove", [])
    kept = (
        []
        if given.get("RemoveUserGroups")
        else [each for each in group.user_group_ids if each not in removed]
    )
    group.user_group_ids = [*kept, *given.get("UserGroupIdsToAdd", [])]
    return _modify(self)


def _delete_for_good(self: ElastiCacheResponse) -> ActionResult:
    backend, group_id = self.elasticache_backend, self._get_param("ReplicationGroupId")
    if snapshot := self._get_param("FinalSnapshotIdentifier"):
        backend.create_snapshot(snapshot, group_id, None, None, None)
    answer = _delete(self)
    del backend.replication_groups[group_id]
    return answer


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
                "Endpoint": member.get("read_endpoint") or _endpoint(group, member),
            }
        ],
        "CacheSubnetGroupName": group.cache_subnet_group_name,
        "CacheParameterGroup": {
            "CacheParameterGroupName": group.cache_parameter_group_name,
            "ParameterApplyStatus": "in-sync",
            "CacheNodeIdsToReboot": [],
        },
        "SecurityGroups": [
            {"SecurityGroupId": security_group, "Status": "active"}
            for security_group in group.security_group_ids or []
        ],
        "PreferredMaintenanceWindow": group.preferred_maintenance_window or MAINTENANCE_WINDOW,
        "SnapshotWindow": group.snapshot_window,
        "AutoMinorVersionUpgrade": group.auto_minor_version_upgrade is not False,
        "AuthTokenEnabled": group.auth_token_enabled,
        "TransitEncryptionEnabled": group.transit_encryption_enabled,
        "TransitEncryptionMode": group.transit_encryption_mode,
        "AtRestEncryptionEnabled": group.at_rest_encryption_enabled,
        "SnapshotRetentionLimit": group.snapshot_retention_limit,
        "LogDeliveryConfigurations": group.log_delivery_configurations,
        "NetworkType": group.network_type,
        "IpDiscovery": group.ip_discovery,
        "ARN": f"arn:aws:elasticache:{account}:cluster:{member['cache_cluster_id']}",
    }


def _endpoint(group: ReplicationGroup, member: dict[str, Any]) -> dict[str, Any]:
    """Where a member of a cluster listens, which is told by DescribeCacheClusters alone."""
    domain = group.configuration_endpoint["address"].removeprefix("clustercfg.")
    return {"Address": f"{member['cache_cluster_id']}.{domain}", "Port": group.port}
