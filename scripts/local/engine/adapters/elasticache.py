"""aws:elasticache: replication groups, the subnets they stand in, their parameters and their users."""

from collections.abc import Mapping
from typing import Any

from scripts.local.engine.registry import Created, creates
from scripts.local.engine.resource import Resource, tag_list

ID_LIMIT = 40
GROUP_NAME_LIMIT = 255
PARAMETERS_AT_ONCE = 20

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
    group_id = resource.take_name("replicationGroupId", limit=ID_LIMIT).lower()
    logs = [_log_delivery(each) for each in resource.take("logDeliveryConfigurations", [])]
    group = resource.send(
        "elasticache",
        "create_replication_group",
        resource.rest(),
        NAMES,
        ReplicationGroupId=group_id,
        LogDeliveryConfigurations=logs,
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


def _log_delivery(configuration: Mapping[str, str]) -> dict[str, Any]:
    """A delivery of logs to CloudWatch or to Firehose, as the API spells it."""
    kinds = {
        "cloudwatch-logs": ("CloudWatchLogsDetails", "LogGroup"),
        "kinesis-firehose": ("KinesisFirehoseDetails", "DeliveryStream"),
    }
    details, place = kinds[configuration["destinationType"]]
    return {
        "LogType": configuration["logType"],
        "LogFormat": configuration["logFormat"],
        "DestinationType": configuration["destinationType"],
        "DestinationDetails": {details: {place: configuration["destination"]}},
    }


@creates("aws:elasticache/parameterGroup:ParameterGroup")
def parameter_group(resource: Resource) -> Created:
    """Create a parameter group and set its parameters."""
    tags = tag_list(resource.take_tags())
    name = resource.take_name(limit=GROUP_NAME_LIMIT).lower()
    created = resource.call(
        "elasticache",
        "create_cache_parameter_group",
        CacheParameterGroupName=name,
        CacheParameterGroupFamily=resource.take("family"),
        Description=resource.take("description", "Managed by Pulumi"),
        Tags=tags,
    )["CacheParameterGroup"]
    parameters = [
        {"ParameterName": each["name"], "ParameterValue": each["value"]}
        for each in resource.take("parameters", [])
    ]
    for first in range(0, len(parameters), PARAMETERS_AT_ONCE):
        resource.call(
            "elasticache",
            "modify_cache_parameter_group",
            CacheParameterGroupName=name,
            ParameterNameValues=parameters[first : first + PARAMETERS_AT_ONCE],
        )
    return name, {"name": name, "arn": created["ARN"]}


@creates("aws:elasticache/user:User")
def user(resource: Resource) -> Created:
    """Create a user."""
    tags = tag_list(resource.take_tags())
    user_id = resource.take_name("userId", limit=ID_LIMIT).lower()
    created = resource.send("elasticache", "create_user", resource.rest(), UserId=user_id, Tags=tags)
    return user_id, {"userId": user_id, "arn": created["ARN"]}


@creates("aws:elasticache/userGroup:UserGroup")
def user_group(resource: Resource) -> Created:
    """Create a group of users."""
    tags = tag_list(resource.take_tags())
    group_id = resource.take_name("userGroupId", limit=ID_LIMIT).lower()
    created = resource.send(
        "elasticache", "create_user_group", resource.rest(), UserGroupId=group_id, Tags=tags
    )
    return group_id, {"userGroupId": group_id, "arn": created["ARN"]}


@creates("aws:elasticache/subnetGroup:SubnetGroup")
def subnet_group(resource: Resource) -> Created:
    """Create a subnet group."""
    tags = tag_list(resource.take_tags())
    name = resource.take_name(limit=GROUP_NAME_LIMIT).lower()
    created = resource.call(
        "elasticache",
        "create_cache_subnet_group",
        CacheSubnetGroupName=name,
        CacheSubnetGroupDescription=resource.take("description", "Managed by Pulumi"),
        SubnetIds=resource.take("subnetIds"),
        Tags=tags,
    )["CacheSubnetGroup"]
    return name, {"name": name, "arn": created["ARN"], "vpcId": created["VpcId"]}
