"""aws:rds: instances of PostgreSQL, their replicas, and the groups they refer to."""

from scripts.local.engine.registry import Created, creates
from scripts.local.engine.resource import Resource, tag_list

IDENTIFIER_LIMIT = 63
GROUP_NAME_LIMIT = 255

NAMES = {
    "backupWindow": "PreferredBackupWindow",
    "caCertIdentifier": "CACertificateIdentifier",
    "enabledCloudwatchLogsExports": "EnableCloudwatchLogsExports",
    "iamDatabaseAuthenticationEnabled": "EnableIAMDatabaseAuthentication",
    "instanceClass": "DBInstanceClass",
    "maintenanceWindow": "PreferredMaintenanceWindow",
    "parameterGroupName": "DBParameterGroupName",
    "password": "MasterUserPassword",
    "performanceInsightsEnabled": "EnablePerformanceInsights",
    "username": "MasterUsername",
}


@creates("aws:rds/instance:Instance")
def instance(resource: Resource) -> Created:
    """Create an instance, or a read replica of the one that `replicateSourceDb` names."""
    resource.without_effect(
        "allowMajorVersionUpgrade",
        "applyImmediately",
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
