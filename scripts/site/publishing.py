"""Brings a release of the storefront to its bucket, and has the CDN forget what has changed.

Assets go first, then the pages that refer to them: no visitor is led to what is not there. A page that is
open loads some of its scripts later, so assets stay for `GRACE` after the release that needed them was
replaced. Which release needs which is noted in the bucket itself, in `releases.json`.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from scripts.errors import UserError
from scripts.site.release import ASSETS, File, release

STOREFRONT = Path(__file__).resolve().parents[2] / "app" / "storefront"
GRACE = timedelta(days=1)
RELEASES = "releases.json"
DIGEST = "sha256"  # the member of an object's metadata; an ETag is none where the bucket has a key of its own
DELETE_LIMIT = 1_000  # keys a request (S3 API Reference, DeleteObjects)


class SiteError(UserError):
    """The storefront cannot be published, or the CDN cannot be told to forget."""


@dataclass(frozen=True)
class Published:
    """What a publication did: keys of its files, of those uploaded, of changed pages, of those removed."""

    files: tuple[str, ...]
    uploaded: tuple[str, ...]
    changed_pages: tuple[str, ...]
    removed: tuple[str, ...]

    @property
    def stale_paths(self) -> tuple[str, ...]:
        """The paths of which the CDN may still have something else; the root shows the index."""
        paths = tuple(f"/{key}" for key in self.changed_pages)
        return ("/", *paths) if "index.html" in self.changed_pages else paths


def publish(client: Any, bucket: str, folder: Path = STOREFRONT, now: datetime | None = None) -> Published:
    """Bring the files of `folder` to the bucket with an S3 client, as far as it does not hold them yet.

    Raises:
        ReleaseError: the files do not fit together; nothing was uploaded.
        botocore.exceptions.ClientError: S3 refuses.
    """
    now = now or datetime.now(UTC)
    files = release(folder)
    there = _assets(client, bucket)
    uploaded = [key for key, file in files.items() if _is_to_upload(client, bucket, key, file, there)]
    for key in uploaded:
        _upload(client, bucket, key, files[key])
    kept = _noted(client, bucket, [key for key in files if key.startswith(ASSETS)], now)
    removed = sorted(there - kept)
    _remove(client, bucket, removed)
    return Published(
        files=tuple(files),
        uploaded=tuple(uploaded),
        changed_pages=tuple(key for key in uploaded if not key.startswith(ASSETS)),
        removed=tuple(removed),
    )


def invalidate(client: Any, distribution: str, paths: Sequence[str]) -> str:
    """Ask CloudFront, with its client, to forget `paths`; return the invalidation's id.

    Raises:
        SiteError: a path that CloudFront does not take.
    """
    for path in paths:
        if not path.startswith("/") or "*" in path[:-1]:
            raise SiteError(
                f"{path!r} is no path of the site: it begins with /, and has * as its last sign alone."
            )
    batch = {"Paths": {"Quantity": len(paths), "Items": list(paths)}, "CallerReference": str(uuid.uuid4())}
    answer = client.create_invalidation(DistributionId=distribution, InvalidationBatch=batch)
    identifier: str = answer["Invalidation"]["Id"]
    return identifier


def _assets(client: Any, bucket: str) -> set[str]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=ASSETS)
    return {entry["Key"] for page in pages for entry in page.get("Contents", [])}


def _is_to_upload(client: Any, bucket: str, key: str, file: File, there: set[str]) -> bool:
    """Tell whether the bucket lacks a file; an asset's name says what is in it."""
    if key.startswith(ASSETS):
        return key not in there
    try:
        found: Mapping[str, str] = client.head_object(Bucket=bucket, Key=key)["Metadata"]
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "403"):  # 403: to those who may not list the bucket
            return True
        raise
    return found.get(DIGEST) != file.digest


def _upload(client: Any, bucket: str, key: str, file: File) -> None:
    client.put_object(
        Bucket=bucket,
        Key=key,
        Body=file.body,
        ContentType=file.content_type,
        CacheControl=file.cache_control,
        Metadata={DIGEST: file.digest},
    )


def _noted(client: Any, bucket: str, assets: Sequence[str], now: datetime) -> set[str]:
    """Note that a release with these assets is the newest one; return the assets that are to be kept."""
    known = _releases(client, bucket)
    if not known or known[-1]["assets"] != list(assets):
        known.append({"published_at": now.isoformat(), "assets": list(assets)})
    # The first one stays that was replaced only lately: by its successor, and all that follow are younger.
    while len(known) > 1 and datetime.fromisoformat(known[1]["published_at"]) < now - GRACE:
        known.pop(0)
    body = json.dumps({"releases": known}, indent=1).encode()
    client.put_object(
        Bucket=bucket, Key=RELEASES, Body=body, ContentType="application/json", CacheControl="no-store"
    )
    return {asset for one in known for asset in one["assets"]}


def _releases(client: Any, bucket: str) -> list[dict[str, Any]]:
    try:
        body = client.get_object(Bucket=bucket, Key=RELEASES)["Body"].read()
    except client.exceptions.NoSuchKey:
        return []
    releases: list[dict[str, Any]] = json.loads(body)["releases"]
    return releases


def _remove(client: Any, bucket: str, keys: Sequence[str]) -> None:
    for first in range(0, len(keys), DELETE_LIMIT):
        some = [{"Key": key} for key in keys[first : first + DELETE_LIMIT]]
        answer = client.delete_objects(Bucket=bucket, Delete={"Objects": some, "Quiet": True})
        if answer.get("Errors"):
            failed = answer["Errors"][0]
            raise SiteError(
                f"the storefront is published, but {failed['Key']} of an older one stays: {failed['Message']}"
            )
