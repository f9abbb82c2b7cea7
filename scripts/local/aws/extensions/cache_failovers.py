"""ElastiCache: another member of a replication group can be made its primary.

Needed for moto 5.2.5, which has no TestFailover and whose ModifyReplicationGroup takes no PrimaryClusterId.
"""

from typing import Any

from moto.core.responses import ActionResult
from moto.elasticache.exceptions import ElastiCacheException, InvalidParameterValueException
from moto.elasticache.models import ReplicationGroup
from moto.elasticache.responses import ElastiCacheResponse


class NodeGroupNotFound(ElastiCacheException):
    """There is no such shard."""

    code = "NodeGroupNotFoundFault"


class TestFailoverNotAvailable(ElastiCacheException):
    """Nobody could take over."""

    code = "TestFailoverNotAvailableFault"


def install() -> None:
    """Add the operation to moto's ElastiCache; `replication_groups` calls `promote`."""
    ElastiCacheResponse.test_failover = _test_failover  # type: ignore[attr-defined]


def promote(group: ReplicationGroup, cluster_id: str) -> None:
    """Make a member the primary of its shard."""
    for node_group in group.node_groups:
        members = node_group["node_group_members"]
        if any(member["cache_cluster_id"] == cluster_id for member in members):
            for member in members:
                is_primary = member["cache_cluster_id"] == cluster_id
                member["current_role"] = "primary" if is_primary else "replica"
            return
    raise InvalidParameterValueException(
        f"PrimaryClusterId {cluster_id} is not a member of {group.replication_group_id}."
    )


def _test_failover(self: ElastiCacheResponse) -> ActionResult:
    given = self._get_params()
    group = self.elasticache_backend.describe_replication_groups(given["ReplicationGroupId"])[0]
    shards: dict[str, dict[str, Any]] = {each["node_group_id"]: each for each in group.node_groups}
    if given["NodeGroupId"] not in shards:
        raise NodeGroupNotFound(f"Node group {given['NodeGroupId']} not found.")
    members = shards[given["NodeGroupId"]]["node_group_members"]
    # In cluster mode AWS tells no roles either, and nothing runs that could be asked.
    replicas = [each["cache_cluster_id"] for each in members if each.get("current_role") == "replica"]
    if group.automatic_failover != "enabled" or not replicas:
        raise TestFailoverNotAvailable(
            "TestFailover is available for a group with replicas and automatic failover."
        )
    promote(group, replicas[0])
    return ActionResult({"ReplicationGroup": group})
