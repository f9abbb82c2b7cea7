"""Parameter groups of ElastiCache, and the deletion of subnet groups."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.parsers import ResponseParserError

Aws = Callable[[str], Any]


def create(elasticache: Any, name: str) -> dict[str, Any]:
    created: dict[str, Any] = elasticache.create_cache_parameter_group(
        CacheParameterGroupName=name,
        CacheParameterGroupFamily="valkey8",
        Description="pages",
        Tags=[{"Key": "Stack", "Value": "local"}],
    )["CacheParameterGroup"]
    return created


def parameters(elasticache: Any, name: str, **more: str) -> dict[str, str]:
    found = elasticache.describe_cache_parameters(CacheParameterGroupName=name, **more)["Parameters"]
    return {each["ParameterName"]: each["ParameterValue"] for each in found}


def test_a_group_and_its_tags_read_back_as_they_were_made(aws: Aws) -> None:
    elasticache = aws("elasticache")
    made = create(elasticache, "pages")

    (found,) = elasticache.describe_cache_parameter_groups(CacheParameterGroupName="pages")[
        "CacheParameterGroups"
    ]
    assert found == made
    assert found["CacheParameterGroupFamily"] == "valkey8"
    assert found["Description"] == "pages"
    assert elasticache.list_tags_for_resource(ResourceName=found["ARN"])["TagList"] == [
        {"Key": "Stack", "Value": "local"}
    ]
    listed = elasticache.describe_cache_parameter_groups()["CacheParameterGroups"]
    assert "pages" in [each["CacheParameterGroupName"] for each in listed]
    with pytest.raises(elasticache.exceptions.CacheParameterGroupAlreadyExistsFault):
        create(elasticache, "pages")


def test_parameters_are_those_that_a_user_set_and_did_not_reset(aws: Aws) -> None:
    elasticache = aws("elasticache")
    create(elasticache, "set")
    given = {"maxmemory-policy": "allkeys-lru", "timeout": "300"}
    elasticache.modify_cache_parameter_group(
        CacheParameterGroupName="set",
        ParameterNameValues=[{"ParameterName": n, "ParameterValue": v} for n, v in given.items()],
    )

    assert parameters(elasticache, "set", Source="user") == given
    assert parameters(elasticache, "set", Source="system") == {}

    elasticache.reset_cache_parameter_group(
        CacheParameterGroupName="set",
        ParameterNameValues=[{"ParameterName": "timeout", "ParameterValue": "300"}],
    )
    assert parameters(elasticache, "set") == {"maxmemory-policy": "allkeys-lru"}
    elasticache.reset_cache_parameter_group(CacheParameterGroupName="set", ResetAllParameters=True)
    assert parameters(elasticache, "set") == {}


def test_groups_are_deleted_once_no_replication_group_needs_them(aws: Aws) -> None:
    elasticache, ec2 = aws("elasticache"), aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]
    create(elasticache, "used")
    elasticache.create_cache_subnet_group(
        CacheSubnetGroupName="used", CacheSubnetGroupDescription="d", SubnetIds=[subnet]
    )
    elasticache.create_replication_group(
        ReplicationGroupId="user",
        ReplicationGroupDescription="d",
        CacheParameterGroupName="used",
        CacheSubnetGroupName="used",
    )

    with pytest.raises(elasticache.exceptions.InvalidCacheParameterGroupStateFault):
        elasticache.delete_cache_parameter_group(CacheParameterGroupName="used")
    with pytest.raises(elasticache.exceptions.CacheSubnetGroupInUse):
        elasticache.delete_cache_subnet_group(CacheSubnetGroupName="used")
    elasticache.delete_replication_group(ReplicationGroupId="user")
    elasticache.delete_cache_parameter_group(CacheParameterGroupName="used")
    elasticache.delete_cache_subnet_group(CacheSubnetGroupName="used")

    with pytest.raises(elasticache.exceptions.CacheParameterGroupNotFoundFault):
        elasticache.describe_cache_parameter_groups(CacheParameterGroupName="used")
    with pytest.raises(elasticache.exceptions.CacheSubnetGroupNotFoundFault):
        elasticache.delete_cache_subnet_group(CacheSubnetGroupName="used")


def test_moto_itself_still_has_no_parameter_groups_and_deletes_no_subnet_group(moto: Aws) -> None:
    elasticache = moto("elasticache")

    with pytest.raises(ResponseParserError, match="500 Internal Server Error"):
        create(elasticache, "pages")
    with pytest.raises(ResponseParserError, match="500 Internal Server Error"):
        elasticache.delete_cache_subnet_group(CacheSubnetGroupName="none")
