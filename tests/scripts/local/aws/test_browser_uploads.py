"""Uploads by a form, as browsers make them."""

import base64
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from scripts.local.aws.extensions.browser_uploads import RefusedError, check
from tests.waiting import PATIENCE

Aws = Callable[[str], Any]
BODY = b"\x89PNG"
SHA256 = base64.b64encode(hashlib.sha256(BODY).digest()).decode()
FIXED = {
    "Content-Type": "image/png",
    "x-amz-checksum-algorithm": "SHA256",
    "x-amz-checksum-sha256": SHA256,
}


def form(s3: Any) -> dict[str, Any]:
    """Permission to upload BODY as `uploads/1`."""
    s3.create_bucket(Bucket="uploads")
    conditions = [{name: value} for name, value in FIXED.items()] + [["content-length-range", 4, 4]]
    permission: dict[str, Any] = s3.generate_presigned_post("uploads", "uploads/1", FIXED, conditions, 60)
    return permission


def post(permission: dict[str, Any], body: bytes = BODY, **changes: str) -> httpx.Response:
    fields = permission["fields"] | changes
    return httpx.post(permission["url"], data=fields, files={"file": ("it", body)}, timeout=PATIENCE)


def test_what_the_policy_allows_is_stored_with_type_and_checksum(aws: Aws) -> None:
    s3 = aws("s3")

    answer = post(form(s3))

    assert answer.status_code == 204, answer.text
    head = s3.head_object(Bucket="uploads", Key="uploads/1", ChecksumMode="ENABLED")
    assert (head["ContentType"], head["ContentLength"]) == ("image/png", 4)
    assert head["ChecksumSHA256"] == SHA256


@pytest.mark.parametrize(
    ("body", "changes", "status", "code"),
    [
        (b"\x89PN", {}, 400, "EntityTooSmall"),
        (b"\x89PNGx", {}, 400, "EntityTooLarge"),
        (b"\x89PNX", {}, 400, "BadDigest"),
        (BODY, {"Content-Type": "text/html"}, 403, "AccessDenied"),
        (BODY, {"key": "uploads/2"}, 403, "AccessDenied"),
        (BODY, {"acl": "public-read"}, 403, "AccessDenied"),
        (b"\x89PNX", {"x-amz-checksum-sha256": "x"}, 403, "AccessDenied"),
    ],
)
def test_what_the_policy_does_not_allow_is_refused(
    aws: Aws, body: bytes, changes: dict[str, str], status: int, code: str
) -> None:
    s3 = aws("s3")
    permission = form(s3)
    s3.delete_object(Bucket="uploads", Key="uploads/1")

    answer = post(permission, body, **changes)

    assert (answer.status_code, code in answer.text) == (status, True), answer.text
    assert "Contents" not in s3.list_objects_v2(Bucket="uploads")


def test_what_is_posted_without_a_form_is_left_alone(aws: Aws) -> None:
    s3 = aws("s3")
    post(form(s3))

    s3.delete_objects(Bucket="uploads", Delete={"Objects": [{"Key": "uploads/1"}]})

    assert "Contents" not in s3.list_objects_v2(Bucket="uploads")


def test_a_form_may_be_used_until_it_expires(aws: Aws) -> None:
    fields = {name.lower(): value for name, value in form(aws("s3"))["fields"].items()}
    fields["bucket"] = "uploads"

    check(fields, 4, datetime.now(UTC))
    with pytest.raises(RefusedError, match="Policy expired"):
        check(fields, 4, datetime(2999, 1, 1, tzinfo=UTC))


def test_moto_itself_still_looks_at_no_policy(moto: Aws) -> None:
    s3 = moto("s3")

    assert post(form(s3), b"something else").status_code == 204
    assert "ChecksumSHA256" not in s3.head_object(Bucket="uploads", Key="uploads/1", ChecksumMode="ENABLED")
