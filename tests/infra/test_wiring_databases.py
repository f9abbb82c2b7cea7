"""Wiring, continued: databases and caches with what no local stack has: shards, proxies, users, keys."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.scripts.local.engine.world import World, deployed

STACK = """
config:
  aws:region: eu-central-1
  blueprint:preset: growth
  blueprint:stage: dev
  blueprint:database:
    shards: 2
    storage: 400
    max_storage: 500
    iops: 20000
    throughput: 1000
    replicas: 1
    proxy: {enabled: true}
    maintenance_window: "sun:03:30-sun:04:30"
    backup_window: "02:00-03:00"
    log_exports: [postgresql, upgrade]
    auto_explain: true
    parameters: {work_mem: "8192"}
  blueprint:cache:
    shards: 2
    parameters: {timeout: "300"}
    snapshot_window: "02:00-03:00"
    maintenance_window: "sun:03:30-sun:04:30"
  blueprint:encryption: {own_key: true}
"""
SHARDS = ("shop", "shop-shard-2")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The deployed stack; nothing here changes it."""
    with deployed(tmp_path_factory.mktemp("stack"), "data", STACK) as stack:
        yield stack


@pytest.fixture(scope="module")
def databases(world: World) -> dict[str, dict[str, Any]]:
    """The instances by what follows the stack's name."""
    found = world.client("rds").describe_db_instances()["DBInstances"]
    return {each["DBInstanceIdentifier"].removeprefix("blueprint-data-"): each for each in found}


@pytest.fixture(scope="module")
def secrets(world: World) -> dict[str, dict[str, Any]]:
    """The secrets of databases, described, by the instance that they name."""
    client = world.client("secretsmanager")
    found = {}
    for listed in client.list_secrets()["SecretList"]:
        text = client.get_secret_value(SecretId=listed["ARN"])["SecretString"]
        if text.startswith("{") and "dbInstanceIdentifier" in text:
            name = json.loads(text)["dbInstanceIdentifier"].removeprefix("blueprint-data-")
            found[name] = client.describe_secret(SecretId=listed["ARN"])
    return found


def test_every_shard_has_a_primary_and_a_replica_of_its_own(databases: dict[str, dict[str, Any]]) -> None:
    assert databases.keys() == {*SHARDS, *(f"{shard}-replica-1" for shard in SHARDS)}
    for shard in SHARDS:
        replica = databases[f"{shard}-replica-1"]
        assert replica["ReadReplicaSourceDBInstanceIdentifier"] == f"blueprint-data-{shard}"


def test_primary_and_replica_are_kept_as_the_settings_say(databases: dict[str, dict[str, Any]]) -> None:
    for database in databases.values():
        assert (database["Iops"], database["StorageThroughput"]) == (20_000, 1000)
        assert database["PreferredMaintenanceWindow"] == "sun:03:30-sun:04:30"
        assert database["PerformanceInsightsRetentionPeriod"] == 7
        assert database["MonitoringInterval"] == 60
        assert database["EnabledCloudwatchLogsExports"] == ["postgresql", "upgrade"]
    assert databases["shop"]["PreferredBackupWindow"] == "02:00-03:00"
    assert databases["shop"]["MultiAZ"]


def test_the_shop_is_sent_through_the_proxy_for_writes_and_past_it_for_reads(
    world: World, databases: dict[str, dict[str, Any]]
) -> None:
    proxies = world.client("rds").describe_db_proxies()["DBProxies"]
    endpoints = {each["DBProxyName"].removeprefix("blueprint-data-"): each["Endpoint"] for each in proxies}
    pages = world.client("ssm").get_paginator("get_parameters_by_path").paginate(Path="/blueprint/data/shop/")
    told = {each["Name"].rpartition("/")[2]: each["Value"] for page in pages for each in page["Parameters"]}

    assert told["DATABASE_WRITER"] == f"{endpoints['shop']}:5432"
    assert told["DATABASE_VIA_PROXY"] == "true"
    assert told["DATABASE_SHARDS"] == ",".join(f"{endpoints[shard]}:5432" for shard in SHARDS)
    assert told["DATABASE_READERS"] == f"{databases['shop-replica-1']['Endpoint']['Address']}:5432"


@pytest.mark.parametrize("shard", SHARDS)
def test_a_proxy_reaches_its_own_primary_with_its_own_secret(
    world: World, secrets: dict[str, dict[str, Any]], shard: str
) -> None:
    rds, name = world.client("rds"), f"blueprint-data-{shard}"
    (proxy,) = rds.describe_db_proxies(DBProxyName=name)["DBProxies"]
    (target,) = rds.describe_db_proxy_targets(DBProxyName=name)["Targets"]
    (group,) = rds.describe_db_proxy_target_groups(DBProxyName=name)["TargetGroups"]

    assert target["RdsResourceId"] == name
    assert [each["SecretArn"] for each in proxy["Auth"]] == [secrets[shard]["ARN"]]
    assert proxy["RequireTLS"]
    assert "statement_timeout" in group["ConnectionPoolConfig"]["InitQuery"]
    role = proxy["RoleArn"].rpartition("/")[2]
    policy = world.client("iam").get_role_policy(RoleName=role, PolicyName=f"secret-{shard}")
    assert policy["PolicyDocument"]["Statement"] == [
        {
            "Effect": "Allow",
            "Action": ["secretsmanager:GetSecretValue"],
            "Resource": [secrets[shard]["ARN"]],
        },
        {"Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": [secrets[shard]["KmsKeyId"]]},
    ]


def test_every_secret_is_rotated_by_the_function_that_secrets_manager_may_call(
    world: World, secrets: dict[str, dict[str, Any]]
) -> None:
    name = "blueprint-data-secret-rotation"
    function = world.client("lambda").get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    policy = json.loads(world.client("lambda").get_policy(FunctionName=name, Qualifier="live")["Policy"])

    assert secrets.keys() == set(SHARDS)
    for secret in secrets.values():
        assert secret["RotationLambdaARN"] == f"{function}:live"
        assert secret["RotationRules"] == {"AutomaticallyAfterDays": 30}
        assert ["AWSCURRENT", "INITIAL"] in secret["VersionIdsToStages"].values()
    (statement,) = policy["Statement"]
    assert statement["Principal"] == {"Service": "secretsmanager.amazonaws.com"}
    assert "123456789012" in json.dumps(statement["Condition"])


def test_the_directory_says_how_each_shard_is_reached(
    world: World, secrets: dict[str, dict[str, Any]], databases: dict[str, dict[str, Any]]
) -> None:
    items = world.client("dynamodb").scan(TableName="blueprint-data-shard-directory")["Items"]
    directory = {item["shard"]["S"]: item for item in items}

    assert directory.keys() == {"1", "2"}
    for number, shard in zip("12", SHARDS, strict=True):
        replica = databases[f"{shard}-replica-1"]["Endpoint"]["Address"]
        assert directory[number]["secret_arn"]["S"] == secrets[shard]["ARN"]
        assert directory[number]["readers"]["S"] == f"{replica}:5432"
        assert f"blueprint-data-{shard}.db-proxy-" in directory[number]["writer"]["S"]


def test_parameters_that_need_a_restart_wait_for_one(
    world: World, databases: dict[str, dict[str, Any]]
) -> None:
    group = databases["shop"]["DBParameterGroups"][0]["DBParameterGroupName"]
    found = world.client("rds").describe_db_parameters(DBParameterGroupName=group)["Parameters"]
    parameters = {each["ParameterName"]: (each["ParameterValue"], each["ApplyMethod"]) for each in found}

    assert parameters["shared_preload_libraries"] == ("pg_stat_statements,auto_explain", "pending-reboot")
    assert parameters["auto_explain.log_min_duration"] == ("1000", "immediate")
    assert parameters["work_mem"] == ("8192", "immediate")


def test_deadlocks_are_counted_where_an_alarm_looks(world: World) -> None:
    log = "/aws/rds/instance/blueprint-data-shop/postgresql"
    (counted,) = world.client("logs").describe_metric_filters(logGroupName=log)["metricFilters"]
    alarms = world.client("cloudwatch").describe_alarms(AlarmNames=["blueprint-data-shop-database-deadlocks"])

    (alarm,) = alarms["MetricAlarms"]
    (metric,) = counted["metricTransformations"]
    assert (metric["metricNamespace"], metric["metricName"]) == (alarm["Namespace"], alarm["MetricName"])


def test_the_cache_is_a_cluster_of_shards_that_fail_over(world: World) -> None:
    elasticache = world.client("elasticache")
    (group,) = elasticache.describe_replication_groups()["ReplicationGroups"]
    clusters = elasticache.describe_cache_clusters()["CacheClusters"]
    (parameters,) = {each["CacheParameterGroup"]["CacheParameterGroupName"] for each in clusters}
    described = elasticache.describe_cache_parameters(CacheParameterGroupName=parameters)["Parameters"]

    assert group["ClusterEnabled"]
    assert [len(shard["NodeGroupMembers"]) for shard in group["NodeGroups"]] == [2, 2]
    endpoint = group["ConfigurationEndpoint"]
    assert world.output("cache_endpoint") == f"{endpoint['Address']}:{endpoint['Port']}"
    assert {each["ParameterName"]: each["ParameterValue"] for each in described} == {
        "cluster-enabled": "yes",
        "maxmemory-policy": "allkeys-lru",
        "timeout": "300",
    }
    assert group["SnapshotWindow"] == "02:00-03:00"
    assert {each["PreferredMaintenanceWindow"] for each in clusters} == {"sun:03:30-sun:04:30"}


def test_the_cache_is_encrypted_by_the_stacks_own_key_and_logs_to_cloudwatch(world: World) -> None:
    (group,) = world.client("elasticache").describe_replication_groups()["ReplicationGroups"]
    aliases = world.client("kms").list_aliases()["Aliases"]
    (key,) = [each["TargetKeyId"] for each in aliases if each["AliasName"] == "alias/blueprint-data-data"]
    groups = {each["logGroupName"] for each in world.client("logs").describe_log_groups()["logGroups"]}
    destinations = {
        each["DestinationDetails"]["CloudWatchLogsDetails"]["LogGroup"]
        for each in group["LogDeliveryConfigurations"]
    }

    assert group["TransitEncryptionEnabled"]
    assert group["KmsKeyId"].endswith(f"key/{key}")
    assert len(destinations) == 2
    assert destinations <= groups


def test_the_shop_alone_gets_into_the_cache_by_the_password_in_its_secret(world: World) -> None:
    elasticache, secrets = world.client("elasticache"), world.client("secretsmanager")
    (group,) = elasticache.describe_replication_groups()["ReplicationGroups"]
    (users,) = elasticache.describe_user_groups(UserGroupId=group["UserGroupIds"][0])["UserGroups"]
    access = {
        each["UserName"]: each["AccessString"].split()[0]
        for each in elasticache.describe_users()["Users"]
        if each["UserId"] in users["UserIds"]
    }
    pages = world.client("ssm").get_paginator("get_parameters_by_path")
    told = {
        each["Name"].rpartition("/")[2]: each["Value"]
        for page in pages.paginate(Path="/blueprint/data/shop/")
        for each in page["Parameters"]
    }
    value = json.loads(secrets.get_secret_value(SecretId=told["CACHE_SECRET_ARN"])["SecretString"])

    assert access == {"shop": "on", "default": "off"}
    assert value["username"] == "shop"
    assert len(value["password"]) == 48
    assert told["CACHE_CLUSTER"] == "true"
    assert not any(value["password"] in text for text in told.values())
    for role in ("blueprint-data-shop", "blueprint-data-api"):
        policy = world.client("iam").get_role_policy(RoleName=role, PolicyName="secret-shop-cache")
        secret = policy["PolicyDocument"]["Statement"][0]
        assert secret["Resource"] == [told["CACHE_SECRET_ARN"]]
