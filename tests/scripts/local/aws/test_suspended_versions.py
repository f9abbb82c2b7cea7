"""Buckets whose versioning was suspended."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Aws = Callable[[str], Any]


def suspended(s3: Any, bucket: str) -> tuple[str, str, str]:
    """A suspended bucket with two versions of one object and a delete marker on top: return their ids."""
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket=bucket, Key="it", Body=b"1")["VersionId"]
    second = s3.put_object(Bucket=bucket, Key="it", Body=b"2")["VersionId"]
    marker = s3.delete_object(Bucket=bucket, Key="it")["VersionId"]
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    return first, second, marker


def ids_in(s3: Any, bucket: str) -> set[str]:
    found = s3.list_object_versions(Bucket=bucket)
    return {it["VersionId"] for it in [*found.get("Versions", []), *found.get("DeleteMarkers", [])]}


def test_one_version_is_deleted_and_the_others_stay(aws: Aws) -> None:
    s3 = aws("s3")
    first, second, marker = suspended(s3, "one-version")

    s3.delete_object(Bucket="one-version", Key="it", VersionId=first)
    assert ids_in(s3, "one-version") == {second, marker}
    s3.delete_object(Bucket="one-version", Key="it", VersionId=marker)
    assert s3.get_object(Bucket="one-version", Key="it")["Body"].read() == b"2"


def test_a_bucket_is_emptied_version_by_version_and_goes(aws: Aws) -> None:
    s3 = aws("s3")
    versions = [{"Key": "it", "VersionId": it} for it in suspended(s3, "emptied")]

    answer = s3.delete_objects(Bucket="emptied", Delete={"Objects": versions})

    assert len(answer["Deleted"]) == 3
    assert "Errors" not in answer
    s3.delete_bucket(Bucket="emptied")


def test_a_deletion_without_a_version_leaves_a_null_marker_in_place_of_the_last(aws: Aws) -> None:
    s3 = aws("s3")
    versions = set(suspended(s3, "marked"))

    s3.delete_object(Bucket="marked", Key="it")
    s3.delete_object(Bucket="marked", Key="it")

    assert ids_in(s3, "marked") == versions | {"null"}
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket="marked", Key="it")


def test_what_is_not_there_is_deleted_without_a_word(aws: Aws) -> None:
    s3 = aws("s3")
    suspended(s3, "silent")

    assert s3.delete_object(Bucket="silent", Key="other")["ResponseMetadata"]["HTTPStatusCode"] == 204


def test_moto_itself_still_fails_at_a_delete_marker(moto: Aws) -> None:
    s3 = moto("s3")
    _, _, marker = suspended(s3, "failing")

    with pytest.raises(ClientError, match="500"):
        s3.delete_object(Bucket="failing", Key="it", VersionId=marker)
