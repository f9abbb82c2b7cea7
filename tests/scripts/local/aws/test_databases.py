"""RDS and the rotation of its secrets: what was set reads back, and replicas are instances of their own."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from scripts.local import ACCOUNT, REGION
from tests.scripts.local.aws.clients import clients_of

Aws = Callable[[str], Any]

ELSEWHERE = "eu-west-1"
KEY = f"arn:aws:kms:{ELSEWHERE}:{ACCOUNT}:key/k"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:shop"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:rotate"


def create(aws: Aws, name: str) -> dict[str, Any]:
    created: dict[str, Any] = aws("rds").create_db_instance(
        DBInstanceIdentifier=name,
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        MasterUsername="shop",
        MasterUserPassword="secret-enough",
        AllocatedStorage=20,
        StorageEncrypted=True,
        BackupRetentionPeriod=14,
        MultiAZ=True,
        EnableCloudwatchLogsExports=["postgresql"],
        EnablePerformanceInsights=True,
        Tags=[{"Key": "Stack", "Value": "primary"}],
    )["DBInstance"]
    return created


def replicate(aws: Aws, source: str, name: str) -> dict[str, Any]:
    aws("rds").create_db_instance_read_replica(
        DBInstanceIdentifier=name, SourceDBInstanceIdentifier=source, EnableCloudwatchLogsExports=["upgrade"]
    )
    return described(aws, name)


def described(aws: Aws, name: str) -> dict[str, Any]:
    (found,) = aws("rds").describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
    return dict(found)


def test_an_instance_reads_back_its_performance_insights_and_has_an_id_of_its_own(aws: Aws) -> None:
    for name in ("insightful", "other"):
        create(aws, name)
    aws("rds").modify_db_instance(DBInstanceIdentifier="other", PerformanceInsightsRetentionPeriod=93)

    one, other = described(aws, "insightful"), described(aws, "other")
    assert one["PerformanceInsightsEnabled"]
    assert (one["PerformanceInsightsRetentionPeriod"], other["PerformanceInsightsRetentionPeriod"]) == (7, 93)
    assert one["DbiResourceId"] != other["DbiResourceId"]


def test_a_replica_takes_over_data_and_not_how_its_source_is_kept(aws: Aws) -> None:
    primary = create(aws, "source")

    replica = replicate(aws, "source", "copy")

    assert replica["DBInstanceStatus"] == "available"
    assert replica["ReadReplicaSourceDBInstanceIdentifier"] == "source"
    assert (replica["BackupRetentionPeriod"], replica["MultiAZ"], replica["TagList"]) == (0, False, [])
    assert replica["EnabledCloudwatchLogsExports"] == ["upgrade"]
    assert not replica["PerformanceInsightsEnabled"]
    assert replica["DbiResourceId"] != primary["DbiResourceId"]
    assert described(aws, "source")["EnabledCloudwatchLogsExports"] == ["postgresql"]


def test_a_replica_in_another_region_is_there_and_its_source_names_it(aws: Aws, endpoint: str) -> None:
    primary = create(aws, "near")
    far = clients_of(endpoint, ELSEWHERE)

    replica = replicate(far, primary["DBInstanceArn"], "far")

    assert replica["ReadReplicaSourceDBInstanceIdentifier"] == primary["DBInstanceArn"]
    assert f":{ELSEWHERE}:" in replica["DBInstanceArn"]
    assert described(aws, "near")["ReadReplicaDBInstanceIdentifiers"] == [replica["DBInstanceArn"]]


def test_parameters_say_who_set_them_and_how_they_are_applied(aws: Aws) -> None:
    parameters = parameters_of(aws, "read-back")

    assert {each["ParameterName"]: (each["Source"], each["ApplyType"]) for each in parameters} == {
        "work_mem": ("user", "dynamic"),
        "max_connections": ("user", "static"),
    }


def parameters_of(aws: Aws, group: str) -> list[dict[str, Any]]:
    rds = aws("rds")
    rds.create_db_parameter_group(
        DBParameterGroupName=group, DBParameterGroupFamily="postgres18", Description="shop"
    )
    parameters = [
        {"ParameterName": "work_mem", "ParameterValue": "4096", "ApplyMethod": "immediate"},
        {"ParameterName": "max_connections", "ParameterValue": "99", "ApplyMethod": "pending-reboot"},
    ]
    rds.modify_db_parameter_group(DBParameterGroupName=group, Parameters=parameters)
    found: list[dict[str, Any]] = rds.describe_db_parameters(DBParameterGroupName=group)["Parameters"]
    return found


def pool_of_proxy(aws: Aws, name: str) -> dict[str, Any]:
    subnets = aws("ec2").describe_subnets()["Subnets"][:2]
    rds = aws("rds")
    rds.create_db_proxy(
        DBProxyName=name,
        EngineFamily="POSTGRESQL",
        Auth=[{"AuthScheme": "SECRETS", "SecretArn": SECRET}],
        RoleArn="arn:aws:iam::123456789012:role/proxy",
        VpcSubnetIds=[subnet["SubnetId"] for subnet in subnets],
    )
    pool = {"MaxConnectionsPercent": 80, "MaxIdleConnectionsPercent": 0, "InitQuery": "SET a = 1"}
    rds.modify_db_proxy_target_group(DBProxyName=name, TargetGroupName="default", ConnectionPoolConfig=pool)
    (group,) = rds.describe_db_proxy_target_groups(DBProxyName=name)["TargetGroups"]
    return dict(group["ConnectionPoolConfig"])


def test_the_pool_of_a_proxy_reads_back_and_its_target_has_an_address(aws: Aws) -> None:
    instance = create(aws, "fronted")
    pool = pool_of_proxy(aws, "before-it")
    rds = aws("rds")

    rds.register_db_proxy_targets(
        DBProxyName="before-it", TargetGroupName="default", DBInstanceIdentifiers=["fronted"]
    )

    assert (pool["MaxIdleConnectionsPercent"], pool["InitQuery"]) == (0, "SET a = 1")
    (target,) = rds.describe_db_proxy_targets(DBProxyName="before-it")["Targets"]
    assert target["Endpoint"] == instance["Endpoint"]["Address"]
    with pytest.raises(rds.exceptions.DBInstanceNotFoundFault):
        rds.register_db_proxy_targets(
            DBProxyName="before-it", TargetGroupName="default", DBInstanceIdentifiers=["nobody"]
        )


def test_backups_are_replicated_into_the_region_that_asks_for_it(aws: Aws, endpoint: str) -> None:
    arn = create(aws, "backed-up")["DBInstanceArn"]
    far = clients_of(endpoint, ELSEWHERE)("rds")

    started = far.start_db_instance_automated_backups_replication(
        SourceDBInstanceArn=arn, BackupRetentionPeriod=9, KmsKeyId=KEY
    )["DBInstanceAutomatedBackup"]

    copy = started["DBInstanceAutomatedBackupsArn"]
    (backup,) = far.describe_db_instance_automated_backups(DBInstanceAutomatedBackupsArn=copy)[
        "DBInstanceAutomatedBackups"
    ]
    assert (backup["DBInstanceArn"], backup["Region"], backup["Status"]) == (arn, REGION, "replicating")
    assert (backup["BackupRetentionPeriod"], backup["KmsKeyId"]) == (9, KEY)
    assert described(aws, "backed-up")["DBInstanceAutomatedBackupsReplications"] == [
        {"DBInstanceAutomatedBackupsArn": copy}
    ]

    assert not replicate(aws, "backed-up", "copy-of-backed-up").get("DBInstanceAutomatedBackupsReplications")

    far.stop_db_instance_automated_backups_replication(SourceDBInstanceArn=arn)

    with pytest.raises(ClientError, match="DBInstanceAutomatedBackupNotFound"):
        far.describe_db_instance_automated_backups(DBInstanceAutomatedBackupsArn=copy)
    assert described(aws, "backed-up").get("DBInstanceAutomatedBackupsReplications", []) == []


def test_backups_of_an_encrypted_instance_need_a_key_of_the_other_region(aws: Aws, endpoint: str) -> None:
    arn = create(aws, "encrypted")["DBInstanceArn"]
    with pytest.raises(ClientError, match="need a KMS key"):
        clients_of(endpoint, ELSEWHERE)("rds").start_db_instance_automated_backups_replication(
            SourceDBInstanceArn=arn
        )


def rotate(aws: Aws, name: str) -> dict[str, Any]:
    secrets = aws("secretsmanager")
    secrets.create_secret(Name=name, SecretString="first")
    for _ in range(2):  # the second asks for what is under way already
        secrets.rotate_secret(
            SecretId=name, RotationLambdaARN=FUNCTION, RotationRules={"AutomaticallyAfterDays": 30}
        )
    return dict(secrets.describe_secret(SecretId=name))


def test_a_rotation_is_scheduled_and_the_secret_keeps_its_value_until_the_function_acts(aws: Aws) -> None:
    secret = rotate(aws, "rotated")

    assert secret["RotationEnabled"]
    assert (secret["RotationLambdaARN"], secret["RotationRules"]) == (
        FUNCTION,
        {"AutomaticallyAfterDays": 30},
    )
    assert sorted(secret["VersionIdsToStages"].values()) == [["AWSCURRENT"], ["AWSPENDING"]]
    assert aws("secretsmanager").get_secret_value(SecretId="rotated")["SecretString"] == "first"


def test_a_failover_swaps_the_zones_of_a_multi_az_instance_and_is_told(aws: Aws) -> None:
    before = create(aws, "swapped")
    rds = aws("rds")

    after = rds.reboot_db_instance(DBInstanceIdentifier="swapped", ForceFailover=True)["DBInstance"]

    assert after["SecondaryAvailabilityZone"] == before["AvailabilityZone"]
    assert after["AvailabilityZone"] == before["SecondaryAvailabilityZone"] != before["AvailabilityZone"]
    events = rds.describe_events(SourceIdentifier="swapped", SourceType="db-instance")["Events"]
    assert [event["Message"] for event in events if event["EventCategories"] == ["failover"]] == [
        "Multi-AZ instance failover started.",
        "Multi-AZ instance failover completed",
    ]


def test_an_instance_in_one_zone_cannot_fail_over(aws: Aws) -> None:
    create(aws, "steady")
    replica = replicate(aws, "steady", "steady-copy")

    assert "SecondaryAvailabilityZone" not in replica
    with pytest.raises(ClientError, match="not configured for either MultiAZ"):
        aws("rds").reboot_db_instance(DBInstanceIdentifier="steady-copy", ForceFailover=True)


def test_a_promoted_replica_follows_nobody_and_keeps_backups_and_is_not_promoted_twice(aws: Aws) -> None:
    create(aws, "leading")
    replicate(aws, "leading", "following")

    aws("rds").promote_read_replica(DBInstanceIdentifier="following")

    promoted = described(aws, "following")
    assert "ReadReplicaSourceDBInstanceIdentifier" not in promoted
    assert promoted["BackupRetentionPeriod"] == 1
    assert described(aws, "leading")["ReadReplicaDBInstanceIdentifiers"] == []
    with pytest.raises(aws("rds").exceptions.InvalidDBInstanceStateFault, match="not a read replica"):
        aws("rds").promote_read_replica(DBInstanceIdentifier="following")


def test_moto_itself_still_forgets_all_that(moto: Aws) -> None:
    primary = create(moto, "source")
    replica = replicate(moto, "source", "copy")
    pool = pool_of_proxy(moto, "proxy")
    moto("rds").promote_read_replica(DBInstanceIdentifier="copy")

    assert described(moto, "copy")["ReadReplicaSourceDBInstanceIdentifier"] == "source"
    assert "PerformanceInsightsEnabled" not in primary
    assert "SecondaryAvailabilityZone" not in primary
    assert replica["DbiResourceId"] == primary["DbiResourceId"]
    assert replica["BackupRetentionPeriod"] == 14
    assert "Source" not in parameters_of(moto, "forgotten")[0]
    assert "InitQuery" not in pool
    with pytest.raises(ResponseParserError):  # its answer is a page that says 500
        moto("rds").start_db_instance_automated_backups_replication(
            SourceDBInstanceArn=primary["DBInstanceArn"], KmsKeyId=KEY
        )
    with pytest.raises(ClientError, match="ResourceNotFound"):
        rotate(moto, "forgotten")
