"""Replication groups of ElastiCache and their members."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError


def create(elasticache: Any, name: str) -> dict[str, Any]:
    created: dict[str, Any] = elasticache.create_replication_group(
        ReplicationGroupId=name,
        ReplicationGroupDescription="sessions and pages",
        NumCacheClusters=2,
        CacheNodeType="cache.t4g.micro",
        Engine="valkey",
        EngineVersion="8.0",
        AutomaticFailoverEnabled=True,
        SecurityGroupIds=["sg-1"],
        Port=6380,
    )["ReplicationGroup"]
    return created


def test_a_group_of_two_nodes_has_a_primary_a_replica_and_both_endpoints(aws: Callable[[str], Any]) -> None:
    group = create(aws("elasticache"), "pair")

    (node_group,) = group["NodeGroups"]
    assert group["MemberClusters"] == ["pair-001", "pair-002"]
    assert [member["CurrentRole"] for member in node_group["NodeGroupMembers"]] == ["primary", "replica"]
    assert node_group["PrimaryEndpoint"]["Port"] == node_group["ReaderEndpoint"]["Port"] == 6380
    assert node_group["PrimaryEndpoint"]["Address"] != node_group["ReaderEndpoint"]["Address"]


def test_the_members_of_a_group_are_cache_clusters_with_the_same_endpoints(aws: Callable[[str], Any]) -> None:
    elasticache = aws("elasticache")
    group = create(elasticache, "seen")

    for member in group["NodeGroups"][0]["NodeGroupMembers"]:
        name = member["CacheClusterId"]
        described = elasticache.describe_cache_clusters(CacheClusterId=name, ShowCacheNodeInfo=True)
        (cluster,) = described["CacheClusters"]
        assert cluster["ReplicationGroupId"] == "seen"
        assert cluster["Engine"] == "valkey"
        assert cluster["SecurityGroups"] == [{"SecurityGroupId": "sg-1", "Status": "active"}]
        assert cluster["CacheNodes"][0]["Endpoint"] == member["ReadEndpoint"]

    listed = [cluster["CacheClusterId"] for cluster in elasticache.describe_cache_clusters()["CacheClusters"]]
    assert {"seen-001", "seen-002"} <= set(listed)


def test_another_member_becomes_the_primary_in_a_failover_and_where_it_is_named(
    aws: Callable[[str], Any],
) -> None:
    elasticache = aws("elasticache")
    create(elasticache, "turning")

    def roles() -> dict[str, str]:
        (found,) = elasticache.describe_replication_groups(ReplicationGroupId="turning")["ReplicationGroups"]
        members = found["NodeGroups"][0]["NodeGroupMembers"]
        return {member["CacheClusterId"]: member["CurrentRole"] for member in members}

    elasticache.test_failover(ReplicationGroupId="turning", NodeGroupId="0001")
    assert roles() == {"turning-001": "replica", "turning-002": "primary"}

    elasticache.modify_replication_group(ReplicationGroupId="turning", PrimaryClusterId="turning-001")
    assert roles() == {"turning-001": "primary", "turning-002": "replica"}


def test_who_asks_for_a_failover_finds_that_in_the_events_of_the_group(aws: Callable[[str], Any]) -> None:
    elasticache = aws("elasticache")
    create(elasticache, "asked")
    create(elasticache, "not-asked")

    elasticache.test_failover(ReplicationGroupId="asked", NodeGroupId="0001")

    def events(name: str) -> list[str]:
        answer = elasticache.describe_events(SourceIdentifier=name, SourceType="replication-group")
        return [event["Message"] for event in answer["Events"]]

    assert events("asked") == ["Test Failover API called for node group 0001"]
    assert events("not-asked") == []


def test_a_group_without_automatic_failover_cannot_be_told_to_fail_over(aws: Callable[[str], Any]) -> None:
    elasticache = aws("elasticache")
    create(elasticache, "fixed")
    elasticache.modify_replication_group(ReplicationGroupId="fixed", AutomaticFailoverEnabled=False)

    with pytest.raises(elasticache.exceptions.TestFailoverNotAvailableFault):
        elasticache.test_failover(ReplicationGroupId="fixed", NodeGroupId="0001")
    with pytest.raises(elasticache.exceptions.NodeGroupNotFoundFault):
        elasticache.test_failover(ReplicationGroupId="fixed", NodeGroupId="0009")
    with pytest.raises(ClientError, match="not a member"):
        elasticache.modify_replication_group(ReplicationGroupId="fixed", PrimaryClusterId="nobody")


def test_a_group_whose_parameters_say_so_is_a_cluster(aws: Callable[[str], Any]) -> None:
    elasticache = aws("elasticache")
    elasticache.create_cache_parameter_group(
        CacheParameterGroupName="spread", CacheParameterGroupFamily="valkey8", Description="d"
    )
    elasticache.modify_cache_parameter_group(
        CacheParameterGroupName="spread",
        ParameterNameValues=[{"ParameterName": "cluster-enabled", "ParameterValue": "yes"}],
    )

    group = elasticache.create_replication_group(
        ReplicationGroupId="spread",
        ReplicationGroupDescription="d",
        CacheParameterGroupName="spread",
        NumNodeGroups=4,
        ReplicasPerNodeGroup=1,
        AutomaticFailoverEnabled=True,
    )["ReplicationGroup"]

    assert group["ClusterEnabled"]
    assert group["ConfigurationEndpoint"]["Address"].startswith("clustercfg.spread.")
    assert [shard["Slots"] for shard in group["NodeGroups"]] == [
        "0-4095",
        "4096-8191",
        "8192-12287",
        "12288-16383",
    ]
    assert len(group["MemberClusters"]) == 8
    assert not any("PrimaryEndpoint" in shard for shard in group["NodeGroups"])
    described = elasticache.describe_cache_clusters(CacheClusterId="spread-0004-002", ShowCacheNodeInfo=True)
    (node,) = described["CacheClusters"][0]["CacheNodes"]
    assert node["Endpoint"]["Address"].startswith("spread-0004-002.spread.")

    asked = elasticache.test_failover(ReplicationGroupId="spread", NodeGroupId="0002")["ReplicationGroup"]
    members = [member for shard in asked["NodeGroups"] for member in shard["NodeGroupMembers"]]
    assert not any("CurrentRole" in member for member in members)  # only the members know
    (event,) = elasticache.describe_events(SourceIdentifier="spread")["Events"]
    assert event["Message"] == "Test Failover API called for node group 0002"


def test_what_a_group_was_made_with_reads_back(aws: Callable[[str], Any]) -> None:
    elasticache = aws("elasticache")
    log = {
        "LogType": "slow-log",
        "DestinationType": "cloudwatch-logs",
        "DestinationDetails": {"CloudWatchLogsDetails": {"LogGroup": "/slow"}},
        "LogFormat": "json",
    }
    elasticache.create_replication_group(
        ReplicationGroupId="whole",
        ReplicationGroupDescription="d",
        TransitEncryptionEnabled=True,
        KmsKeyId="arn:aws:kms:us-east-1:123456789012:key/k",
        AutoMinorVersionUpgrade=False,
        PreferredMaintenanceWindow="mon:01:00-mon:02:00",
        SnapshotRetentionLimit=3,
        SnapshotWindow="04:00-05:00",
        LogDeliveryConfigurations=[log],
    )

    (group,) = elasticache.describe_replication_groups(ReplicationGroupId="whole")["ReplicationGroups"]
    (cluster,) = elasticache.describe_cache_clusters(CacheClusterId="whole-001")["CacheClusters"]
    assert group["KmsKeyId"] == "arn:aws:kms:us-east-1:123456789012:key/k"
    assert log.items() <= group["LogDeliveryConfigurations"][0].items()
    assert (group["SnapshotRetentionLimit"], group["SnapshotWindow"]) == (3, "04:00-05:00")
    assert cluster["PreferredMaintenanceWindow"] == "mon:01:00-mon:02:00"
    assert cluster["TransitEncryptionMode"] == "required"
    assert not cluster["AutoMinorVersionUpgrade"]


def test_a_group_changes_and_leaves_a_last_snapshot(aws: Callable[[str], Any]) -> None:
    elasticache = aws("elasticache")
    create(elasticache, "changing")

    elasticache.modify_replication_group(
        ReplicationGroupId="changing",
        EngineVersion="8.1",
        SecurityGroupIds=["sg-2"],
        UserGroupIdsToAdd=["users"],
        SnapshotWindow="01:00-02:00",
    )

    (group,) = elasticache.describe_replication_groups(ReplicationGroupId="changing")["ReplicationGroups"]
    (cluster,) = elasticache.describe_cache_clusters(CacheClusterId="changing-001")["CacheClusters"]
    assert (group["UserGroupIds"], group["SnapshotWindow"]) == (["users"], "01:00-02:00")
    assert cluster["EngineVersion"] == "8.1"
    assert cluster["SecurityGroups"] == [{"SecurityGroupId": "sg-2", "Status": "active"}]

    elasticache.delete_replication_group(ReplicationGroupId="changing", FinalSnapshotIdentifier="last")

    with pytest.raises(elasticache.exceptions.ReplicationGroupNotFoundFault):
        elasticache.describe_replication_groups(ReplicationGroupId="changing")
    (snapshot,) = elasticache.describe_snapshots(SnapshotName="last")["Snapshots"]
    assert snapshot["ReplicationGroupId"] == "changing"


def test_an_unknown_cache_cluster_is_an_error(aws: Callable[[str], Any]) -> None:
    elasticache = aws("elasticache")

    with pytest.raises(elasticache.exceptions.CacheClusterNotFoundFault):
        elasticache.describe_cache_clusters(CacheClusterId="nobody")


def test_moto_itself_still_makes_one_member_and_does_not_find_it(moto: Callable[[str], Any]) -> None:
    elasticache = moto("elasticache")

    group = create(elasticache, "pair")

    assert group["MemberClusters"] == ["pair-001"]
    assert "ReaderEndpoint" not in group["NodeGroups"][0]
    with pytest.raises(ClientError, match="CacheClusterNotFound"):
        elasticache.describe_cache_clusters(CacheClusterId="pair-001")
    with pytest.raises(ResponseParserError, match="500 Internal Server Error"):
        elasticache.test_failover(ReplicationGroupId="pair", NodeGroupId="0001")
    with pytest.raises(ResponseParserError, match="500 Internal Server Error"):
        elasticache.describe_events()
    elasticache.delete_replication_group(ReplicationGroupId="pair", FinalSnapshotIdentifier="last")
    assert elasticache.describe_replication_groups()["ReplicationGroups"][0]["Status"] == "deleting"
    assert elasticache.describe_snapshots()["Snapshots"] == []
