"""Wiring, continued: stacks other than `local` deploy as well, whatever their settings ask for."""

from pathlib import Path

import pytest

from infra.errors import SettingsError
from scripts.local.engine import deploy
from tests.scripts.local.engine.world import ROOT, deployed

EVERYTHING = """
config:
  aws:region: eu-central-1
  blueprint:preset: scale
  blueprint:stage: prod
  blueprint:alarm_email: operator@example.com
  blueprint:tags: {CostCentre: "42"}
  blueprint:network: {zones: 3, nat: per_zone, interface_endpoints: [secretsmanager, sqs]}
  blueprint:compute: {ami: ami-0123456789abcdef0}
  blueprint:database: {replicas: 2, multi_az: true, backup_retention_days: 14}
  blueprint:cache: {nodes: 3}
  blueprint:streams: {positions: {retention_hours: 72}}
"""


def test_the_smallest_stack_deploys_too(tmp_path: Path) -> None:
    with deployed(tmp_path, "dev") as world:
        (group,) = world.client("elasticache").describe_replication_groups()["ReplicationGroups"]
        (database,) = world.client("rds").describe_db_instances()["DBInstances"]

    assert group["MemberClusters"] == ["blueprint-dev-shop-001"]
    assert database["ReadReplicaDBInstanceIdentifiers"] == []
    assert world.output("database_readers") == []


def test_a_production_stack_in_another_region_deploys_with_everything_switched_on(tmp_path: Path) -> None:
    with deployed(tmp_path, "production", EVERYTHING) as world:
        databases = world.client("rds").describe_db_instances()["DBInstances"]
        gateways = world.client("ec2").describe_nat_gateways()["NatGateways"]
        endpoints = world.client("ec2").describe_vpc_endpoints()["VpcEndpoints"]
        stream = world.client("kinesis").describe_stream_summary(StreamName="blueprint-production-positions")
        (subscription,) = world.client("sns").list_subscriptions()["Subscriptions"]
        (balancer,) = world.client("elbv2").describe_load_balancers()["LoadBalancers"]

    assert len(databases) == 3
    assert all(database["DeletionProtection"] for database in databases)
    assert len({gateway["SubnetId"] for gateway in gateways}) == 3
    interfaces = [each for each in endpoints if each["VpcEndpointType"] == "Interface"]
    assert {each["ServiceName"] for each in interfaces} == {
        "com.amazonaws.eu-central-1.secretsmanager",
        "com.amazonaws.eu-central-1.sqs",
    }
    assert stream["StreamDescriptionSummary"]["RetentionPeriodHours"] == 72
    assert stream["StreamDescriptionSummary"]["StreamModeDetails"]["StreamMode"] == "ON_DEMAND"
    assert subscription["Endpoint"] == "operator@example.com"
    assert [zone["ZoneName"][-1] for zone in balancer["AvailabilityZones"]] == ["a", "b", "c"]


def test_a_setting_that_cannot_work_stops_a_deployment_before_it_calls_aws(tmp_path: Path) -> None:
    for name in ("infra", "Pulumi.yaml"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "Pulumi.bad.yaml").write_text(
        "config:\n  aws:region: us-east-1\n  blueprint:preset: single\n  blueprint:stage: staging9\n"
    )

    with pytest.raises(SettingsError, match=r"Pulumi\.bad\.yaml has .*\n- blueprint:stage is 'staging9'"):
        deploy(stack="bad", root=tmp_path, endpoint="http://127.0.0.1:9")
