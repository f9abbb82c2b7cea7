"""What every role may do: everything its holder uses, and nothing else."""

from collections.abc import Iterator
from typing import Any

import pytest

from scripts.evaluation.recorder import Recording, Registered

Grants = set[tuple[str, str]]


def statements(recording: Recording) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement of an inline policy, with the role that has it."""
    for policy in recording.of("iam/rolePolicy:RolePolicy"):
        for statement in policy.json("policy")["Statement"]:
            yield policy.inputs["role"].removeprefix("blueprint-local-"), statement


def grants(recording: Recording) -> dict[str, Grants]:
    """What each role is allowed, as pairs of action and resource."""
    roles: dict[str, Grants] = {}
    for role, statement in statements(recording):
        assert statement["Effect"] == "Allow"
        pairs = {(action, resource) for action in statement["Action"] for resource in statement["Resource"]}
        roles.setdefault(role, set()).update(pairs)
    return roles


def of(service: str, resource: str, *actions: str) -> Grants:
    """Actions of one service on one resource, whose ARN is given without its account's part."""
    arn = f"arn:aws:{service}:us-east-1:123456789012:{resource}"
    return {(f"{service}:{action}", arn) for action in actions}


SECRET = of("secretsmanager", "shop-database-1a2b3c4", "GetSecretValue")
SEND_ORDERS = of("sqs", "blueprint-local-order-notifications", "SendMessage")
PUT_POSITIONS = of("kinesis", "blueprint-local-positions", "PutRecord", "PutRecords")
PARAMETERS = of("ssm", "parameter/blueprint/local/shop", "GetParametersByPath")
PARAMETERS |= of("ssm", "parameter/blueprint/local/shop/*", "GetParametersByPath")
SESSION_MANAGER = {
    ("ssm:UpdateInstanceInformation", "*"),
    ("ssmmessages:CreateControlChannel", "*"),
    ("ssmmessages:CreateDataChannel", "*"),
    ("ssmmessages:OpenControlChannel", "*"),
    ("ssmmessages:OpenDataChannel", "*"),
}


def test_every_role_may_do_what_it_uses_and_nothing_else(local: Recording) -> None:
    artifacts = "arn:aws:s3:us-east-1:123456789012:blueprint-local-artifacts-123456789012"
    consume_orders = of(
        "sqs",
        "blueprint-local-order-notifications",
        "ReceiveMessage",
        "DeleteMessage",
        "ChangeMessageVisibility",
        "GetQueueAttributes",
    )
    remember = of("dynamodb", "blueprint-local-idempotency", "GetItem", "PutItem", "UpdateItem", "DeleteItem")
    read_positions = of(
        "kinesis",
        "blueprint-local-positions",
        "DescribeStream",
        "DescribeStreamSummary",
        "GetRecords",
        "GetShardIterator",
        "ListShards",
    )
    set_aside = of("sqs", "blueprint-local-position-failures", "SendMessage")
    site = "arn:aws:s3:us-east-1:123456789012:blueprint-local-site-123456789012"
    put_pictures = {("s3:ListBucket", site), ("s3:PutObject", f"{site}/media/*")}
    assert grants(local) == {
        "shop": {("s3:GetObject", f"{artifacts}/app/*")}
        | put_pictures
        | SECRET
        | PARAMETERS
        | SEND_ORDERS
        | PUT_POSITIONS
        | SESSION_MANAGER,
        "order-notifications": SECRET | consume_orders | remember | of("ses", "email-1a2b3c4", "SendEmail"),
        "position-writer": SECRET | read_positions | set_aside,
        "api": SECRET | PUT_POSITIONS,
    }


def test_no_statement_has_a_wildcard_action(any_stack: Recording) -> None:
    assert not [
        action for _, statement in statements(any_stack) for action in statement["Action"] if "*" in action
    ]


def test_only_session_manager_has_a_wildcard_resource(any_stack: Recording) -> None:
    everywhere = {
        action
        for _, statement in statements(any_stack)
        for action in statement["Action"]
        if "*" in statement["Resource"]
    }
    assert everywhere == {action for action, _ in SESSION_MANAGER}


def test_functions_take_their_network_permissions_from_aws(local: Recording) -> None:
    attached = {(it.inputs["role"], it.inputs["policyArn"]) for it in local.of("RolePolicyAttachment")}
    policy = "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
    names = ("api", "order-notifications", "position-writer")
    assert attached == {(f"blueprint-local-{name}", policy) for name in names}


def test_a_role_is_for_one_service(local: Recording) -> None:
    def trusted(role: Registered) -> list[str]:
        return [it["Principal"]["Service"] for it in role.json("assumeRolePolicy")["Statement"]]

    assert {role.name: trusted(role) for role in local.of("iam/role:Role")} == {
        "shop-role": ["ec2.amazonaws.com"],
        "order-notifications-role": ["lambda.amazonaws.com"],
        "position-writer-role": ["lambda.amazonaws.com"],
        "api-role": ["lambda.amazonaws.com"],
    }


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
