"""Grants: the owner of a thing lets a role use it, and nothing beside it."""

from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from infra.components import policy
from infra.components.bucket import Bucket, BucketArgs
from infra.components.policy import Role
from infra.components.queue import DeadLetterQueue, Queue, QueueArgs
from infra.components.stream import Stream, StreamArgs
from infra.components.tables import Table, Tables, TablesArgs
from infra.components.transcription import grant_transcription
from scripts.evaluation.recorder import record


def bucket() -> Bucket:
    return Bucket("files", BucketArgs(account_id="1", protect=False))


def queue() -> Queue:
    return Queue("jobs", QueueArgs(visibility_timeout=30, max_receives=5, retention_days=4))


def stream() -> Stream:
    return Stream("moves", StreamArgs(shards=1, retention_hours=24))


def write_carts(role: Role) -> aws.iam.RolePolicy:
    tables = Tables("t", TablesArgs(tables={"carts": Table(key="id", expires="at")}, protect=False))
    return tables["carts"].grant_write(role)


def put_carts(role: Role) -> aws.iam.RolePolicy:
    tables = Tables("t", TablesArgs(tables={"carts": Table(key="id", sort_key="at")}, protect=False))
    return tables["carts"].grant_put(role, update=True)


GRANTS: list[tuple[str, Callable[[Role], aws.iam.RolePolicy], str, str]] = [
    ("user-read-files", lambda it: bucket().grant_read(it, "in/"), "s3", "blueprint-dev-files-1/in/*"),
    ("user-send-jobs", lambda it: queue().grant_send(it), "sqs", "blueprint-dev-jobs"),
    ("user-consume-jobs", lambda it: queue().grant_consume(it), "sqs", "blueprint-dev-jobs"),
    ("user-send-dead", lambda it: DeadLetterQueue("dead").grant_send(it), "sqs", "blueprint-dev-dead"),
    ("user-peek-dead", lambda it: DeadLetterQueue("dead").grant_peek(it), "sqs", "blueprint-dev-dead"),
    ("user-put-moves", lambda it: stream().grant_put(it), "kinesis", "blueprint-dev-moves"),
    ("user-read-moves", lambda it: stream().grant_read(it), "kinesis", "blueprint-dev-moves"),
    ("user-write-carts", write_carts, "dynamodb", "blueprint-dev-carts"),
    ("user-put-carts", put_carts, "dynamodb", "blueprint-dev-carts"),
]


@pytest.mark.parametrize(("name", "grant", "service", "resource"), GRANTS, ids=[case[0] for case in GRANTS])
def test_a_grant_is_one_statement_on_the_thing_alone(
    name: str, grant: Callable[[Role], aws.iam.RolePolicy], service: str, resource: str
) -> None:
    def program() -> None:
        grant(policy.service_role("user", "lambda.amazonaws.com", "d", pulumi.ResourceOptions()))

    granted = record(program).one("iam/rolePolicy:RolePolicy")
    statements: list[dict[str, Any]] = granted.json("policy")["Statement"]
    assert granted.name == name
    assert granted.inputs["role"] == "blueprint-dev-user"
    assert [it["Resource"] for it in statements] == [[f"arn:aws:{service}:us-east-1:123456789012:{resource}"]]
    assert all(action.startswith(f"{service}:") for it in statements for action in it["Action"])


def test_writing_to_a_bucket_reaches_neither_other_keys_nor_what_is_there() -> None:
    def program() -> None:
        role = policy.service_role("user", "lambda.amazonaws.com", "d", pulumi.ResourceOptions())
        bucket().grant_write(role, "in/")

    listing, writing = record(program).one("iam/rolePolicy:RolePolicy").json("policy")["Statement"]
    arn = "arn:aws:s3:us-east-1:123456789012:blueprint-dev-files-1"
    assert (listing["Action"], listing["Resource"]) == (["s3:ListBucket"], [arn])
    assert listing["Condition"] == {"StringLike": {"s3:prefix": "in/*"}}
    assert (writing["Action"], writing["Resource"]) == (["s3:PutObject"], [f"{arn}/in/*"])


def test_work_on_a_bucket_reaches_of_each_kind_its_own_keys_and_sees_what_is_not_there() -> None:
    def program() -> None:
        role = policy.service_role("user", "lambda.amazonaws.com", "d", pulumi.ResourceOptions())
        bucket().grant_work(role, reads=["in/", "out/"], writes=["out/"], in_parts=["out/"])

    granted = record(program).one("iam/rolePolicy:RolePolicy").json("policy")["Statement"]
    arn = "arn:aws:s3:us-east-1:123456789012:blueprint-dev-files-1"
    assert [(it["Action"], it["Resource"]) for it in granted] == [
        (["s3:ListBucket"], [arn]),
        (["s3:GetObject"], [f"{arn}/in/*", f"{arn}/out/*"]),
        (["s3:PutObject"], [f"{arn}/out/*"]),
        (["s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"], [f"{arn}/out/*"]),
    ]


def test_transcriptions_are_started_into_one_bucket_and_asked_for_in_one_account() -> None:
    def program() -> None:
        role = policy.service_role("user", "lambda.amazonaws.com", "d", pulumi.ResourceOptions())
        grant_transcription(role, bucket(), region="us-east-1", account_id="1")

    start, ask = record(program).one("iam/rolePolicy:RolePolicy").json("policy")["Statement"]
    assert start["Condition"] == {"StringEquals": {"transcribe:OutputBucketName": "blueprint-dev-files-1"}}
    assert ask["Resource"] == ["arn:aws:transcribe:us-east-1:1:transcription-job/*"]


def test_the_owner_holds_what_it_grants() -> None:
    def program() -> None:
        queue().grant_send(policy.service_role("user", "lambda.amazonaws.com", "d", pulumi.ResourceOptions()))

    recording = record(program)
    assert recording.one("RolePolicy").parent == recording.one("blueprint:events:Queue").urn
