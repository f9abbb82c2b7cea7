"""S3: a bucket whose versioning is suspended keeps the versions that it has, and deletes them one by one.

Needed for moto 5.2.5, which takes such a bucket for one that never had versions: a deletion of one version
takes them all, and answers 500 where one of them is a delete marker. Terraform deletes a bucket like this.
"""

from typing import Any

from moto.s3.exceptions import AccessDeniedByLock
from moto.s3.models import FakeBucket, FakeDeleteMarker, FakeKey, S3Backend

SUSPENDED = "Suspended"
NULL = "null"
"""The version that a suspended bucket writes, in place of the last one of this name."""

_delete = S3Backend.delete_object


def install() -> None:
    """Delete from suspended buckets as S3 does."""
    S3Backend.delete_object = _delete_as_s3_does  # type: ignore[assignment, method-assign]


def _delete_as_s3_does(
    self: S3Backend, bucket_name: str, key_name: str, version_id: str | None = None, *, bypass: bool = False
) -> tuple[bool, dict[str, Any]]:
    bucket = self.get_bucket(bucket_name)
    if not isinstance(bucket, FakeBucket) or bucket.versioning_status != SUSPENDED:
        return _delete(self, bucket_name, key_name, version_id, bypass)
    if not bucket.keys.getlist(key_name, []):
        return False, {}
    if version_id is not None:
        _remove(bucket, key_name, version_id, bypass=bypass)
        return True, {"version-id": version_id}
    latest = bucket.keys[key_name]
    _remove(bucket, key_name, NULL, bypass=bypass)
    marker = FakeDeleteMarker(key=latest)
    marker._version_id = NULL
    bucket.keys[key_name] = marker
    return True, {"version-id": NULL, "delete-marker": "true"}


def _remove(bucket: FakeBucket, key_name: str, version_id: str, *, bypass: bool) -> None:
    """Remove one version; the name goes with its last one."""
    versions = bucket.keys.getlist(key_name, [])
    going = [version for version in versions if str(version.version_id) == version_id]
    if any(isinstance(it, FakeKey) and it.is_locked(governance_bypass=bypass) for it in going):
        raise AccessDeniedByLock
    left = [version for version in versions if version not in going]
    bucket.keys.setlist(key_name, left)  # it lets go of what the others held
    if not left:
        del bucket.keys[key_name]
