"""What no role and no policy may say; what each role may do is in the table of permissions."""

from collections.abc import Iterator
from typing import Any

import pytest

from scripts.evaluation.recorder import Recording
from tests.infra.stacks import fleets


def statements(recording: Recording) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement of an inline policy, with the role that has it."""
    for policy in recording.of("iam/rolePolicy:RolePolicy"):
        for statement in policy.json("policy")["Statement"]:
            yield policy.inputs["role"], statement


CHANNELS = {
    ("ssmmessages:CreateControlChannel", "*"),
    ("ssmmessages:CreateDataChannel", "*"),
    ("ssmmessages:OpenControlChannel", "*"),
    ("ssmmessages:OpenDataChannel", "*"),
}


TRACING = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
"""Traces belong to nothing that has an ARN."""

METRICS = "cloudwatch:PutMetricData"
"""Neither do metrics; a condition bounds them to a namespace."""


def test_no_statement_has_a_wildcard_action(any_stack: Recording) -> None:
    assert not [
        action for _, statement in statements(any_stack) for action in statement["Action"] if "*" in action
    ]


NO_RESOURCE = {"secretsmanager:GetRandomPassword", "transcribe:StartTranscriptionJob"}
"""What belongs to no resource: IAM knows it only with `*`. A job is bounded by the bucket it writes to."""


def test_only_what_cannot_be_narrowed_has_a_wildcard_resource(any_stack: Recording) -> None:
    everywhere = {
        action
        for _, statement in statements(any_stack)
        for action in statement["Action"]
        if "*" in statement["Resource"]
    }
    assert everywhere - NO_RESOURCE == {action for action, _ in CHANNELS} | TRACING | {METRICS}


def test_instances_publish_metrics_in_one_namespace_only(any_stack: Recording) -> None:
    found = [it for _, it in statements(any_stack) if METRICS in it["Action"]]
    assert len(found) == len(fleets(any_stack))
    assert all(it["Condition"] == {"StringEquals": {"cloudwatch:namespace": "CWAgent"}} for it in found)


def test_instances_may_complete_the_hooks_of_their_own_group_only(any_stack: Recording) -> None:
    groups = {it.inputs["name"]: any_stack.region(it) for it in fleets(any_stack)}
    allowed = {
        (role, resource)
        for role, it in statements(any_stack)
        if it["Action"] == ["autoscaling:CompleteLifecycleAction"]
        for resource in it["Resource"]
    }
    assert allowed == {
        (name, f"arn:aws:autoscaling:{region}:123456789012:autoScalingGroup:*:autoScalingGroupName/{name}")
        for name, region in groups.items()
    }


def test_functions_take_their_network_permissions_from_aws(local: Recording) -> None:
    attached = {(it.inputs["role"], it.inputs["policyArn"]) for it in local.of("RolePolicyAttachment")}
    policy = "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
    names = [it.inputs["name"] for it in local.of("lambda/function:Function")]
    assert names
    assert attached == {(name, policy) for name in names}


@pytest.mark.parametrize("kind", ["s3/bucketPolicy:BucketPolicy", "sqs/queuePolicy:QueuePolicy"])
def test_buckets_and_queues_speak_tls_only(any_stack: Recording, kind: str) -> None:
    for policy in any_stack.of(kind):
        denied = [it for it in policy.json("policy")["Statement"] if it["Effect"] == "Deny"]
        assert len(denied) == 1, policy.name
        assert denied[0]["Principal"] == "*"
        assert denied[0]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_site_is_read_by_its_own_distribution_alone(local: Recording) -> None:
    policy = local.one("s3/bucketPolicy:BucketPolicy", "site-policy")
    allowed = [it for it in policy.json("policy")["Statement"] if it["Effect"] == "Allow"]
    assert [(it["Principal"], it["Action"], it["Condition"]) for it in allowed] == [
        (
            {"Service": "cloudfront.amazonaws.com"},
            ["s3:GetObject"],
            {"StringEquals": {"aws:SourceArn": "arn:aws:cloudfront:us-east-1:123456789012:edge-1a2b3c4"}},
        )
    ]
