"""What is deployed, and who uses whom, as the AWS APIs tell it."""

import asyncio
import io
import json
import zipfile

import pytest

from scripts.local.console import topology
from scripts.local.console.model import Group, Topology
from scripts.local.console.tiers import compute
from scripts.local.console.topology import prefix
from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.databases import deployed as databases
from tests.scripts.local.runtime.deployed import (
    bundle,
    deploy_database,
    deploy_fleet,
    deploy_load_balancer,
)

ACCOUNT = "us-east-1:123456789012"


@pytest.fixture(scope="module")
def found(endpoint: str) -> Topology:
    """A small shop: a balancer, two instances, a database and its replica, a bus, queues, functions."""
    aws = Aws(endpoint, "us-east-1")
    deploy_database(aws, "it-shop")
    aws.client("rds").create_db_instance_read_replica(
        DBInstanceIdentifier="it-shop-replica", SourceDBInstanceIdentifier="it-shop"
    )
    writer = databases.address(asyncio.run(databases.instances(aws))["it-shop"])
    target_group = deploy_load_balancer(aws, "it-shop")
    told = {"DATABASE_WRITER": writer, "EVENT_BUS": "it-shop", "SALES_STREAM": "it-sales"}
    deploy_fleet(aws, "it-shop", content=bundle(), parameters=told, size=2, target_groups=(target_group,))
    _deploy_events(aws)
    return asyncio.run(topology.read(aws))


def _deploy_events(aws: Aws) -> None:
    sqs, events, kinesis = aws.client("sqs"), aws.client("events"), aws.client("kinesis")
    sqs.create_queue(QueueName="it-mail-dead-letters")
    redrive = {
        "deadLetterTargetArn": f"arn:aws:sqs:{ACCOUNT}:it-mail-dead-letters",
        "maxReceiveCount": 3,
    }
    sqs.create_queue(QueueName="it-mail", Attributes={"RedrivePolicy": json.dumps(redrive)})
    events.create_event_bus(Name="it-shop")
    events.put_rule(Name="mail", EventBusName="it-shop", EventPattern='{"source": ["shop"]}')
    target = {"Id": "queue", "Arn": f"arn:aws:sqs:{ACCOUNT}:it-mail"}
    events.put_targets(Rule="mail", EventBusName="it-shop", Targets=[target])
    kinesis.create_stream(StreamName="it-sales", ShardCount=1)
    aws.client("dynamodb").create_table(
        TableName="it-sales",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    _deploy_function(aws, "it-mailer", f"arn:aws:sqs:{ACCOUNT}:it-mail", {"IDEMPOTENCY_TABLE": "it-sales"})
    _deploy_function(aws, "it-counter", f"arn:aws:kinesis:{ACCOUNT}:stream/it-sales", {})


def _deploy_function(aws: Aws, name: str, source: str, variables: dict[str, str]) -> None:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("handler.py", "")
    role = {"Version": "2012-10-17", "Statement": []}
    arn = aws.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(role))["Role"][
        "Arn"
    ]
    functions = aws.client("lambda")
    functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=arn,
        Handler="handler.handler",
        Code={"ZipFile": code.getvalue()},
        Environment={"Variables": variables},
    )
    place = {"StartingPosition": "TRIM_HORIZON"} if ":kinesis:" in source else {}
    functions.create_event_source_mapping(FunctionName=name, EventSourceArn=source, **place)


def group(found: Topology, kind: str, title: str) -> Group:
    (one,) = (group for group in found.groups if (group.kind, group.title) == (kind, title))
    return one


def users(found: Topology, kind: str, title: str) -> set[tuple[str, str]]:
    """Return who sends to a group, as kinds and titles."""
    by_id = {group.id: group for group in found.groups}
    target = group(found, kind, title).id
    return {(by_id[a].kind, by_id[a].title) for a, b in found.edges if b == target}


async def test_a_fleet_says_what_it_keeps_and_from_where_on_it_grows_at_once(
    aws: Aws, found: Topology
) -> None:
    named = {"AutoScalingGroupName": "it-shop", "PolicyName": "burst"}
    policy = aws.client("autoscaling").put_scaling_policy(
        **named,
        PolicyType="StepScaling",
        AdjustmentType="PercentChangeInCapacity",
        StepAdjustments=[{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 50}],
    )
    alarm = {"AlarmName": "burst", "Namespace": "AWS/EC2", "MetricName": "CPUUtilization", "Period": 60}
    aws.client("cloudwatch").put_metric_alarm(
        **alarm,
        Statistic="Average",
        EvaluationPeriods=1,
        Threshold=80.0,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        AlarmActions=[policy["PolicyARN"]],
    )
    (fleet,) = await compute.groups(aws)
    aws.client("cloudwatch").delete_alarms(AlarmNames=["burst"])
    aws.client("autoscaling").delete_policy(**named)
    assert group(found, "fleet", "it-shop").bursts == {}
    assert fleet.bursts == {"ASGAverageCPUUtilization": 80.0}


def test_a_fleet_has_its_instances_and_its_sizes(found: Topology) -> None:
    fleet = group(found, "fleet", "it-shop")

    assert len(fleet.nodes) == 2
    assert all(node.id.startswith("i-") and node.processes == (f"*-{node.id}",) for node in fleet.nodes)
    assert fleet.sizes is not None
    assert (fleet.sizes.minimum, fleet.sizes.desired, fleet.sizes.maximum) == (2, 2, 4)


def test_a_primary_and_its_replicas_are_one_group_the_primary_first(found: Topology) -> None:
    nodes = group(found, "database", "it-shop").nodes

    assert [(node.title, node.role) for node in nodes] == [
        ("it-shop", "primary"),
        ("it-shop-replica", "replica"),
    ]


def test_requests_are_followed_from_clients_to_the_database(found: Topology) -> None:
    assert users(found, "balancer", "Load balancer") == {("client", "Clients")}
    assert users(found, "fleet", "it-shop") == {("balancer", "Load balancer")}
    assert users(found, "database", "it-shop") == {("fleet", "it-shop")}


def test_events_are_followed_from_the_bus_to_the_function(found: Topology) -> None:
    assert users(found, "bus", "it-shop") == {("fleet", "it-shop")}
    assert users(found, "queue", "it-mail") == {("bus", "it-shop")}
    assert users(found, "function", "it-mailer") == {("queue", "it-mail")}


def test_a_table_and_a_stream_of_the_same_name_are_told_apart(found: Topology) -> None:
    assert users(found, "stream", "it-sales") == {("fleet", "it-shop")}
    assert users(found, "table", "DynamoDB") == {("function", "it-mailer")}
    assert users(found, "function", "it-counter") == {("stream", "it-sales")}


def test_a_queue_that_only_takes_what_others_give_up_is_an_end(found: Topology) -> None:
    assert [node.title for node in group(found, "dead letters", "Dead letters").nodes] == [
        "it-mail-dead-letters"
    ]


@pytest.mark.parametrize(
    ("names", "common"),
    [
        (["shop-dev-api", "shop-dev-mail"], "shop-dev-"),
        (["shop-dev-mail", "shop-dev-mailer"], "shop-dev-"),
        (["api", "mail"], ""),
        (["shop-dev-api"], ""),
        ([], ""),
    ],
)
def test_what_all_names_begin_with_is_left_out_of_titles(names: list[str], common: str) -> None:
    assert prefix(names) == common
