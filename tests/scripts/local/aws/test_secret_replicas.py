"""Secrets Manager: replicas of secrets."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from scripts.local import ACCOUNT
from tests.scripts.local.aws.clients import clients_of

Aws = Callable[[str], Any]

ELSEWHERE = "eu-west-1"


def replicated(aws: Aws, name: str) -> str:
    """Make a secret with a replica; return the replica's ARN without its end."""
    aws("secretsmanager").create_secret(
        Name=name, SecretString="first", AddReplicaRegions=[{"Region": ELSEWHERE}]
    )
    return f"arn:aws:secretsmanager:{ELSEWHERE}:{ACCOUNT}:secret:{name}"


def test_a_replica_is_read_by_its_arn_with_and_without_its_end(aws: Aws, endpoint: str) -> None:
    partial = replicated(aws, "copied")
    far = clients_of(endpoint, ELSEWHERE)("secretsmanager")

    found = far.get_secret_value(SecretId=partial)

    assert found["ARN"].startswith(f"{partial}-")
    assert far.get_secret_value(SecretId=found["ARN"])["SecretString"] == found["SecretString"] == "first"


def test_a_replica_follows_its_source(aws: Aws, endpoint: str) -> None:
    partial = replicated(aws, "followed")
    aws("secretsmanager").put_secret_value(SecretId="followed", SecretString="second")

    far = clients_of(endpoint, ELSEWHERE)("secretsmanager")

    assert far.get_secret_value(SecretId=partial)["SecretString"] == "second"


def test_a_secret_of_another_name_is_not_found(aws: Aws, endpoint: str) -> None:
    partial = replicated(aws, "named")
    far = clients_of(endpoint, ELSEWHERE)("secretsmanager")

    with pytest.raises(ClientError, match="ResourceNotFound"):
        far.get_secret_value(SecretId=f"{partial}-not")


def test_moto_itself_still_wants_the_whole_arn(moto: Aws) -> None:
    partial = replicated(moto, "replica-forgotten")
    endpoint = moto("secretsmanager").meta.endpoint_url

    with pytest.raises(ClientError, match="ResourceNotFound"):
        clients_of(endpoint, ELSEWHERE)("secretsmanager").get_secret_value(SecretId=partial)
