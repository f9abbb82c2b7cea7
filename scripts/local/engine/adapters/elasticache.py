"""aws:elasticache: replication groups and the subnets they stand in."""

from scripts.local.engine.registry import Created, creates
from scripts.local.engine.resource import Resource, tag_list

GROUP_ID_LIMIT = 40
SUBNET_GROUP_NAME_LIMIT = 255

NAMES = {
    "description": "ReplicationGroupDescription",
    "maintenanceWindow": "PreferredMaintenanceWindow",
    "nodeType": "CacheNodeType",
    "parameterGroupName": "CacheParameterGroupName",
    "preferredCacheClusterAzs": "PreferredCacheClusterAZs",
    "securityGroupIds": "SecurityGroupIds",
    "subnetGroupName": "CacheSubnetGroupName",
}


@creates("aws:elasticache/replicationGroup:ReplicationGroup")
def replication_group(resource: Resource) -> Created:
    """Create a replication group with its members."""
    resource.without_effect("applyImmediately", "finalSnapshotIdentifier")
    tags = tag_list(resource.take_tags())
    group_id = resource.take_name("replicationGroupId", limit=GROUP_ID_LIMIT).lower()
    group = resource.send(
        "elasticache",
        "create_replication_group",
        resource.rest(),
        NAMES,
        ReplicationGroupId=group_id,
        Tags=tags,
    )["ReplicationGroup"]
    nodes = group["NodeGroups"][0]
    return group_id, {
        "replicationGroupId": group_id,
        "arn": group["ARN"],
        "memberClusters": group["MemberClusters"],
        "primaryEndpointAddress": nodes.get("PrimaryEndpoint", {}).get("Address"),
        "readerEndpointAddress": nodes.get("ReaderEndpoint", {}).get("Address"),
        "configurationEndpointAddress": group.get("ConfigurationEndpoint", {}).get("Address"),
    }


@creates("aws:elasticache/subnetGroup:SubnetGroup")
def subnet_group(resource: Resource) -> Created:
    """Create a subnet group."""
    tags = tag_list(resource.take_tags())
    name = resource.take_name(limit=SUBNET_GROUP_NAME_LIMIT).lower()
    created = resource.call(
        "elasticache",
        "create_cache_subnet_group",
        CacheSubnetGroupName=name,
        CacheSubnetGroupDescription=resource.take("description", "Managed by Pulumi"),
        SubnetIds=resource.take("subnetIds"),
        Tags=tags,
    )["CacheSubnetGroup"]
    return name, {"name": name, "arn": created["ARN"], "vpcId": created["VpcId"]}
