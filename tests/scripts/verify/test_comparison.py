"""Two worlds are compared without what is another each time."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from scripts.verify.comparison import differ
from scripts.verify.world import DETAILS, _quiet, describe
from tests.scripts.local.aws.clients import clients_of

REGION = "us-east-1"


def test_the_same_made_twice_is_described_in_the_same_words(endpoint: str) -> None:
    ec2, sqs = clients_of(endpoint)("ec2"), clients_of(endpoint)("sqs")
    for name in ("one", "other"):
        vpc = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
        ec2.create_security_group(GroupName="same", Description="it", VpcId=vpc)
        policy = json.dumps({"Statement": [], "Id": name})
        sqs.create_queue(QueueName=name, Attributes={"Policy": policy, "DelaySeconds": "7"})
    world = describe(endpoint, (REGION,))
    groups = [it for it in world[f"{REGION} ec2 describe_security_groups"] if '"same"' in it]
    assert len(groups) == 2
    assert groups[0] == groups[1]
    queues = world[f"{REGION} sqs get_queue_attributes"]
    assert sum('"DelaySeconds": "7"' in it for it in queues) == 2
    assert "http://127.0.0.1" not in json.dumps(world)


def test_what_is_another_each_time_is_not_described(endpoint: str) -> None:
    api, cloudwatch = clients_of(endpoint)("apigatewayv2"), clients_of(endpoint)("cloudwatch")
    for name in ("first", "second"):
        id_ = api.create_api(Name="same", ProtocolType="HTTP")["ApiId"]
        answer = api.create_integration(ApiId=id_, IntegrationType="HTTP_PROXY", IntegrationMethod="ANY")
        target = f"integrations/{answer['IntegrationId']}"
        api.create_route(ApiId=id_, RouteKey="$default", Target=target)
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            AlarmDescription="same",
            Namespace="AWS/ApiGateway",
            MetricName="5xx",
            Dimensions=[{"Name": "ApiId", "Value": id_}],
            Statistic="Sum",
            ComparisonOperator="GreaterThanThreshold",
            Threshold=0,
            Period=60,
            EvaluationPeriods=1,
        )
    world = describe(endpoint, (REGION,))
    for operation in ("get_apis", "get_integrations", "get_routes"):
        first, second = world[f"{REGION} apigatewayv2 {operation}"]
        assert first == second
    alarms = [json.loads(it) for it in world[f"{REGION} cloudwatch describe_alarms"]]
    assert [it["Dimensions"] for it in alarms] == [[{"Name": "ApiId"}]] * 2


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:rds:us-west-2:123456789012:auto-backup:ab-64f32739a3374e12a5313e7b47f30db2",
        "arn:aws:rds:us-east-1:123456789012:db-proxy:prx-pakzjaoi0ro2jtqbg",
    ],
)
def test_an_arn_is_described_without_the_id_that_aws_made_up(arn: str) -> None:
    assert _quiet(arn) == f"{arn.rpartition(':')[0]}:<id>"


def test_only_what_one_world_has_is_told() -> None:
    ours = {"sqs list": [json.dumps({"QueueName": "a", "Delay": 1}), json.dumps({"QueueName": "b"})]}
    theirs = {"sqs list": [json.dumps({"QueueName": "a", "Delay": 2}), json.dumps({"QueueName": "b"})]}
    assert list(differ(ours, theirs)) == ["sqs list:", "  - a Delay: 1", "  + a Delay: 2"]
    assert list(differ(ours, ours)) == []
    assert list(differ({}, {"sns list": ['"topic"']})) == ["sns list:", '  + "topic"']


@pytest.mark.parametrize(
    ("service", "operation", "argument"),
    [(service, name, argument) for (service, _), asked in DETAILS.items() for _, name, argument in asked],
)
def test_the_local_aws_knows_what_it_is_asked(
    endpoint: str, service: str, operation: str, argument: str
) -> None:
    nothing = {"Arn": "arn:aws:x:us-east-1:1:app/x/1", "Url": f"{endpoint}/1/nothing"}.get(
        argument[-3:], "nothing"
    )
    assert status(lambda: getattr(clients_of(endpoint)(service), operation)(**{argument: nothing})) < 500


def status(call: Callable[[], Any]) -> int:
    """How AWS answers, be it by an error."""
    try:
        answer = call()
    except ClientError as error:
        answer = error.response
    code: int = answer["ResponseMetadata"]["HTTPStatusCode"]
    return code
