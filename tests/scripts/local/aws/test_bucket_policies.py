"""Bucket policies and their conditions."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from scripts.local.aws.extensions.bucket_policies import applies
from tests.waiting import PATIENCE

TLS_ONLY = {
    "Sid": "TlsOnly",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::{bucket}", "arn:aws:s3:::{bucket}/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
DISTRIBUTION = {
    "Sid": "Distribution",
    "Effect": "Allow",
    "Principal": {"Service": "cloudfront.amazonaws.com"},
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::{bucket}/*",
    "Condition": {"StringEquals": {"AWS:SourceArn": "arn:aws:cloudfront::123456789012:distribution/E1"}},
}


def bucket_with(s3: Any, name: str, *statements: dict[str, Any]) -> None:
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements}).replace("{bucket}", name)
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="picture", Body=b"bytes")
    s3.put_bucket_policy(Bucket=name, Policy=policy)


def test_a_bucket_that_demands_tls_is_readable_and_writable_here(aws: Callable[[str], Any]) -> None:
    s3 = aws("s3")
    bucket_with(s3, "tls-only", TLS_ONLY)

    s3.put_object(Bucket="tls-only", Key="second", Body=b"more")

    assert s3.get_object(Bucket="tls-only", Key="picture")["Body"].read() == b"bytes"
    assert s3.head_object(Bucket="tls-only", Key="second")["ContentLength"] == 4


def test_the_cdn_reads_a_bucket_that_only_its_distribution_may_read(
    aws: Callable[[str], Any], endpoint: str
) -> None:
    bucket_with(aws("s3"), "site", TLS_ONLY, DISTRIBUTION)

    assert httpx.get(f"{endpoint}/site/picture", timeout=PATIENCE).content == b"bytes"


def test_a_deny_without_a_condition_still_denies(aws: Callable[[str], Any]) -> None:
    s3 = aws("s3")
    bucket_with(s3, "closed", {**TLS_ONLY, "Condition": {}})

    with pytest.raises(ClientError, match="403"):
        s3.get_object(Bucket="closed", Key="picture")


@pytest.mark.parametrize(
    ("effect", "condition", "expected"),
    [
        ("Deny", {"Bool": {"aws:SecureTransport": "false"}}, False),
        ("Deny", {"Bool": {"aws:SecureTransport": ["false"]}}, False),
        ("Deny", {"Bool": {"aws:SecureTransport": "true"}}, True),
        ("Deny", {"NumericLessThan": {"s3:TlsVersion": "1.2"}}, False),
        ("Deny", {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}, False),
        ("Allow", {"StringEquals": {"AWS:SourceArn": "arn"}}, True),
        (
            "Allow",
            {"Bool": {"aws:SecureTransport": "false"}, "StringEquals": {"AWS:SourceArn": "arn"}},
            False,
        ),
        ("Deny", {}, True),
    ],
)
def test_a_statement_counts_when_its_condition_is_met(
    effect: str, condition: dict[str, dict[str, Any]], expected: object
) -> None:
    assert applies(effect, condition) is expected


def test_moto_itself_still_ignores_conditions(moto: Callable[[str], Any]) -> None:
    s3 = moto("s3")
    bucket_with(s3, "tls-only", TLS_ONLY)

    with pytest.raises(ClientError, match="403"):
        s3.get_object(Bucket="tls-only", Key="picture")
