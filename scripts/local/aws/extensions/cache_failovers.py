"""ElastiCache: another member of a replication group can be made its primary, and events tell who asked.

Needed for moto 5.2.5, which has no TestFailover, whose ModifyReplicationGroup takes no PrimaryClusterId, and
which has no events. These live in the group that they tell of.
"""

from datetime import UTC, datetime
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
    """Add the operations to moto's ElastiCache; `replication_groups` calls `promote`."""
    ElastiCacheResponse.test_failover = _test_failover  # type: ignore[attr-defined]
    ElastiCacheResponse.describe_events = _describe_events  # type: ignore[attr-defined]


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
    if group.automatic_failover != "enabled" or len(members) == 1:
        raise TestFailoverNotAvailable(
            "TestFailover is available for a group with replicas and automatic failover."
        )
    if not group.cluster_enabled:  # else AWS tells no roles: who is the primary, only the members know
        replicas = [each["cache_cluster_id"] for each in members if each["current_role"] == "replica"]
        promote(group, replicas[0])
    event = {
        "SourceIdentifier": group.replication_group_id,
        "SourceType": "replication-group",
        "Message": f"Test Failover API called for node group {given['NodeGroupId']}",
        "Date": datetime.now(UTC),
    }
    vars(group).setdefault("events", []).append(event)
    return ActionResult({"ReplicationGroup": group})


def _describe_events(self: ElastiCacheResponse) -> ActionResult:
    """All events of what was asked for, however old they are."""
    given = self._get_params()
    wanted = {name: given[name] for name in ("SourceIdentifier", "SourceType") if name in given}
    groups = self.elasticache_backend.replication_groups.values()
    events = [event for group in groups for event in vars(group).get("events", [])]
    return ActionResult({"Events": [event for event in events if wanted.items() <= event.items()]})
