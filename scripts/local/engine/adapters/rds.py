"""aws:rds: instances of PostgreSQL, their replicas, proxies and backups, and the groups they refer to."""

from scripts.local.engine.registry import Created, creates
from scripts.local.engine.resource import Resource, tag_list

IDENTIFIER_LIMIT = 63
GROUP_NAME_LIMIT = 255
DEFAULT_TARGET_GROUP = "default"

NAMES = {
    "backupWindow": "PreferredBackupWindow",
    "auths": "Auth",
    "caCertIdentifier": "CACertificateIdentifier",
    "enabledCloudwatchLogsExports": "EnableCloudwatchLogsExports",
    "iamDatabaseAuthenticationEnabled": "EnableIAMDatabaseAuthentication",
    "instanceClass": "DBInstanceClass",
    "maintenanceWindow": "PreferredMaintenanceWindow",
    "parameterGroupName": "DBParameterGroupName",
    "password": "MasterUserPassword",
    "performanceInsightsEnabled": "EnablePerformanceInsights",
    "retentionPeriod": "BackupRetentionPeriod",
    "username": "MasterUsername",
}


@creates("aws:rds/instance:Instance")
def instance(resource: Resource) -> Created:
    """Create an instance, or a read replica of the one that `replicateSourceDb` names."""
    resource.without_effect(
        "allowMajorVersionUpgrade",
        "applyImmediately",
        "blueGreenUpdate",
        "deleteAutomatedBackups",
        "finalSnapshotIdentifier",
        "skipFinalSnapshot",
    )
    tags = tag_list(resource.take_tags())
    identifier = resource.take_name("identifier", limit=IDENTIFIER_LIMIT).lower()
    source = resource.take("replicateSourceDb")
    if source is None:
        created = resource.send(
            "rds", "create_db_instance", resource.rest(), NAMES, DBInstanceIdentifier=identifier, Tags=tags
        )
    else:
        created = _replica(resource, identifier, source, tags)
    database = created["DBInstance"]
    endpoint = database["Endpoint"]
    return identifier, {
        "identifier": identifier,
        "arn": database["DBInstanceArn"],
        "address": endpoint["Address"],
        "port": endpoint["Port"],
        "endpoint": f"{endpoint['Address']}:{endpoint['Port']}",
        "hostedZoneId": endpoint.get("HostedZoneId"),
        "resourceId": database["DbiResourceId"],
        "engine": database["Engine"],
        "engineVersionActual": database["EngineVersion"],
        "dbName": database.get("DBName"),
        "username": database["MasterUsername"],
        "status": database["DBInstanceStatus"],
    }


def _replica(
    resource: Resource, identifier: str, source: str, tags: list[dict[str, str]]
) -> dict[str, dict[str, object]]:
    """Create a replica the way the provider does: what the API has no argument for is set afterwards."""
    resource.without_effect("storageEncrypted")  # inherited from the source
    retention = resource.take("backupRetentionPeriod", 0)
    window = resource.take("maintenanceWindow")
    resource.send(
        "rds",
        "create_db_instance_read_replica",
        resource.rest(),
        NAMES,
        DBInstanceIdentifier=identifier,
        SourceDBInstanceIdentifier=source,
        Tags=tags,
    )
    return resource.call(
        "rds",
        "modify_db_instance",
        DBInstanceIdentifier=identifier,
        BackupRetentionPeriod=retention,
        ApplyImmediately=True,
        **({"PreferredMaintenanceWindow": window} if window else {}),
    )


@creates("aws:rds/subnetGroup:SubnetGroup")
def subnet_group(resource: Resource) -> Created:
    """Create a subnet group."""
    tags = tag_list(resource.take_tags())
    name = resource.take_name(limit=GROUP_NAME_LIMIT).lower()
    description = resource.take("description", "Managed by Pulumi")
    created = resource.send(
        "rds",
        "create_db_subnet_group",
        resource.rest(),
        DBSubnetGroupName=name,
        DBSubnetGroupDescription=description,
        Tags=tags,
    )["DBSubnetGroup"]
    return name, {"name": name, "arn": created["DBSubnetGroupArn"], "vpcId": created["VpcId"]}


@creates("aws:rds/parameterGroup:ParameterGroup")
def parameter_group(resource: Resource) -> Created:
    """Create a parameter group and set its parameters."""
    resource.without_effect("skipDestroy")
    tags = tag_list(resource.take_tags())
    name = resource.take_name(limit=GROUP_NAME_LIMIT).lower()
    parameters = [{"applyMethod": "immediate", **each} for each in resource.take("parameters", [])]
    created = resource.call(
        "rds",
        "create_db_parameter_group",
        DBParameterGroupName=name,
        DBParameterGroupFamily=resource.take("family"),
        Description=resource.take("description", "Managed by Pulumi"),
        Tags=tags,
    )["DBParameterGroup"]
    if parameters:
        resource.send(
            "rds",
            "modify_db_parameter_group",
            {"parameters": parameters},
            {"name": "ParameterName", "value": "ParameterValue"},
            DBParameterGroupName=name,
        )
    return name, {"name": name, "arn": created["DBParameterGroupArn"]}


@creates("aws:rds/proxy:Proxy")
def proxy(resource: Resource) -> Created:
    """Create a proxy, which reaches nothing yet."""
    tags = tag_list(resource.take_tags())
    name = resource.take_name(limit=IDENTIFIER_LIMIT)
    created = resource.send("rds", "create_db_proxy", resource.rest(), NAMES, DBProxyName=name, Tags=tags)
    described = created["DBProxy"]
    return name, {"name": name, "arn": described["DBProxyArn"], "endpoint": described["Endpoint"]}


@creates("aws:rds/proxyDefaultTargetGroup:ProxyDefaultTargetGroup")
def proxy_default_target_group(resource: Resource) -> Created:
    """Configure the pool of the target group that a proxy is born with."""
    name = resource.take("dbProxyName")
    group = resource.send(
        "rds",
        "modify_db_proxy_target_group",
        resource.rest(),
        DBProxyName=name,
        TargetGroupName=DEFAULT_TARGET_GROUP,
    )["DBProxyTargetGroup"]
    return name, {"name": group["TargetGroupName"], "arn": group["TargetGroupArn"]}


@creates("aws:rds/proxyTarget:ProxyTarget")
def proxy_target(resource: Resource) -> Created:
    """Say which instance a proxy reaches."""
    name, group = resource.take("dbProxyName"), resource.take("targetGroupName")
    identifier = resource.take("dbInstanceIdentifier")
    (target,) = resource.call(
        "rds",
        "register_db_proxy_targets",
        DBProxyName=name,
        TargetGroupName=group,
        DBInstanceIdentifiers=[identifier],
    )["DBProxyTargets"]
    return f"{name}/{group}/{target['Type']}/{identifier}", {
        "endpoint": target.get("Endpoint"),
        "port": target["Port"],
        "rdsResourceId": target["RdsResourceId"],
        "type": target["Type"],
    }


@creates("aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication")
def backups_replication(resource: Resource) -> Created:
    """Have the backups of an instance of another region copied into this one."""
    started = resource.send("rds", "start_db_instance_automated_backups_replication", resource.rest(), NAMES)
    return started["DBInstanceAutomatedBackup"]["DBInstanceAutomatedBackupsArn"], {}
