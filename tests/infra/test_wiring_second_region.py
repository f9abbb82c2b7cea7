"""Wiring, continued: two regions of a deployed stack, seen from both."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.scripts.local.engine.world import World, deployed

STACK = """
config:
  aws:region: eu-central-1
  blueprint:preset: single
  blueprint:stage: dev
  blueprint:tables: {replicated: true}
  blueprint:encryption: {own_key: true}
  blueprint:second_region: {code: eu-west-1, serves: true, cidr: 10.99.0.0/16}
"""
FIRST, SECOND = "eu-central-1", "eu-west-1"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The deployed stack; nothing here changes it."""
    with deployed(tmp_path_factory.mktemp("stack"), "two", STACK) as stack:
        yield stack


def told(world: World, region: str) -> dict[str, str]:
    """The parameters of the shop in a region, by the last part of their names."""
    pages = (
        world.client("ssm", region)
        .get_paginator("get_parameters_by_path")
        .paginate(Path="/blueprint/two/shop/")
    )
    return {each["Name"].rpartition("/")[2]: each["Value"] for page in pages for each in page["Parameters"]}


def over_the_peering(world: World, region: str) -> list[tuple[str, str]]:
    """Destination and state of each route of a region that leads over a peering connection."""
    tables = world.client("ec2", region).describe_route_tables()["RouteTables"]
    return [
        (route["DestinationCidrBlock"], route["VpcPeeringConnectionId"])
        for table in tables
        for route in table["Routes"]
        if "VpcPeeringConnectionId" in route
    ]


def test_both_networks_lead_to_each_other_over_one_accepted_connection(world: World) -> None:
    (seen,) = world.client("ec2", FIRST).describe_vpc_peering_connections()["VpcPeeringConnections"]
    (accepted,) = world.client("ec2", SECOND).describe_vpc_peering_connections()["VpcPeeringConnections"]
    connection = seen["VpcPeeringConnectionId"]

    assert accepted["VpcPeeringConnectionId"] == connection
    assert accepted["Status"]["Code"] == "active"
    assert (seen["RequesterVpcInfo"]["Region"], seen["AccepterVpcInfo"]["Region"]) == (FIRST, SECOND)
    assert over_the_peering(world, FIRST) == [("10.99.0.0/16", connection)] * 3
    assert over_the_peering(world, SECOND) == [(seen["RequesterVpcInfo"]["CidrBlock"], connection)] * 3


def test_the_replica_follows_the_primary_and_is_what_the_shop_there_reads(world: World) -> None:
    (primary,) = world.client("rds", FIRST).describe_db_instances()["DBInstances"]
    (replica,) = world.client("rds", SECOND).describe_db_instances()["DBInstances"]
    key = world.client("kms", SECOND).describe_key(KeyId="alias/blueprint-two-data-eu-west-1")["KeyMetadata"]
    away = told(world, SECOND)

    assert replica["DBInstanceIdentifier"] == "blueprint-two-shop-eu-west-1"
    assert replica["ReadReplicaSourceDBInstanceIdentifier"] in {
        primary["DBInstanceIdentifier"],
        primary["DBInstanceArn"],
    }
    assert replica["KmsKeyId"] == key["Arn"]
    assert away["DATABASE_READERS"] == f"{replica['Endpoint']['Address']}:5432"
    assert away["DATABASE_WRITER"] == f"{primary['Endpoint']['Address']}:5432"


def test_a_secret_that_changes_is_read_there_by_the_name_that_the_shop_was_told(world: World) -> None:
    here, away = told(world, FIRST)["DATABASE_SECRET_ARN"], told(world, SECOND)["DATABASE_SECRET_ARN"]
    value: dict[str, Any] = world.client("secretsmanager", FIRST).get_secret_value(SecretId=here)
    copy: dict[str, Any] = world.client("secretsmanager", SECOND).get_secret_value(SecretId=away)

    assert away.startswith(f"arn:aws:secretsmanager:{SECOND}:")
    assert copy["SecretString"] == value["SecretString"]


def test_each_region_has_the_shared_tables_and_only_the_first_has_the_others(world: World) -> None:
    def tables(region: str) -> set[str]:
        names = world.client("dynamodb", region).list_tables()["TableNames"]
        return {name.removeprefix("blueprint-two-") for name in names}

    assert tables(SECOND) == {"carts", "chat", "reviews"}
    assert tables(FIRST) > tables(SECOND)


def test_the_database_admits_the_private_addresses_of_the_other_region(world: World) -> None:
    (primary,) = world.client("rds", FIRST).describe_db_instances()["DBInstances"]
    (group,) = (it["VpcSecurityGroupId"] for it in primary["VpcSecurityGroups"])
    rules = world.client("ec2", FIRST).describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    admitted = [
        (network["CidrIp"], rule["FromPort"])
        for rule in rules["IpPermissions"]
        for network in rule["IpRanges"]
    ]
    assert admitted == [("10.99.64.0/18", 5432)]


def test_instances_of_both_regions_boot_with_bundles_of_their_own_region(world: World) -> None:
    for region in (FIRST, SECOND):
        (group,) = world.client("autoscaling", region).describe_auto_scaling_groups()["AutoScalingGroups"]
        assert len(group["Instances"]) == 1
        names = [bucket["Name"] for bucket in world.client("s3", region).list_buckets()["Buckets"]]
        suffix = "" if region == FIRST else f"-{region}"
        assert f"blueprint-two-artifacts{suffix}-123456789012" in names


def test_alarms_of_a_region_tell_a_topic_of_that_region(world: World) -> None:
    for region in (FIRST, SECOND):
        (topic,) = world.client("sns", region).list_topics()["Topics"]
        alarms = world.client("cloudwatch", region).describe_alarms()["MetricAlarms"]
        assert alarms
        assert {action for alarm in alarms for action in alarm["AlarmActions"]} == {topic["TopicArn"]}
