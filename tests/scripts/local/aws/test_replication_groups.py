"""Replication groups of ElastiCache and their members."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError


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
