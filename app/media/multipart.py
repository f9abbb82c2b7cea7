"""Uploads in parts, which go on where they were interrupted (S3 User Guide, "Multipart upload").

Each part is sent to an address that is signed for it: upload, number, bytes and SHA-256 are fixed. S3 refuses
a part that is another, and says which it has.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from asyncpg import Record
from botocore.exceptions import ClientError

from app.media.schemas import Part, Parts, part_sizes
from app.platform.aws import Aws

PART_TIME = timedelta(hours=1)  # until a part must have begun
AT_ONCE = 16  # parts that a client is given addresses for at a time
GONE = "NoSuchUpload"
CHECKSUM = "x-amz-checksum-sha256"


class UploadGoneError(Exception):
    """S3 knows no such upload: it was completed, or ended."""


class StoredPart(NamedTuple):
    """What S3 says of a part: its tag, bytes, and SHA-256 in base64."""

    tag: str
    size: int
    sha256: str


class Multipart:
    """Uploads in parts into a bucket, by its name."""

    def __init__(self, aws: Aws, bucket: str) -> None:
        self._aws = aws
        self._bucket = bucket

    async def begin(self, key: str, content_type: str) -> str:
        """Begin an upload, and return its id.

        Raises:
            UnavailableError: S3 does not answer, or asks to slow down.
        """
        answer = await self._aws.call(
            "s3",
            "create_multipart_upload",
            Bucket=self._bucket,
            Key=key,
            ContentType=content_type,
            ChecksumAlgorithm="SHA256",
            ChecksumType="COMPOSITE",  # S3 has no SHA-256 of a whole that comes in parts
        )
        return str(answer["UploadId"])

    async def parts(self, key: str, row: Record) -> Parts:
        """Return what S3 has, and addresses for the next parts that it lacks.

        Raises:
            UploadGoneError: it has ended.
            UnavailableError: S3 does not answer, or asks to slow down.
        """
        there = await self._stored(key, row["upload_id"])
        expires_at = datetime.now(UTC) + PART_TIME
        parts = [
            Part(number=number, size=size, sha256=sha256, is_stored=_is(there.get(number), size, sha256))
            for number, size, sha256 in _announced(row)
        ]
        lacking = [part for part in parts if not part.is_stored][:AT_ONCE]
        urls = await asyncio.gather(*(self._url(key, row["upload_id"], part) for part in lacking))
        for part, url in zip(lacking, urls, strict=True):
            part.url, part.headers = url, {CHECKSUM: part.sha256}
        return Parts(parts=parts, expires_at=expires_at)

    async def join(self, key: str, row: Record) -> list[int]:
        """Make one object of the parts; return the numbers of those that are not there, which prevent it.

        Raises:
            UploadGoneError: it has ended.
            UnavailableError: S3 does not answer, or asks to slow down.
        """
        there = await self._stored(key, row["upload_id"])
        announced = _announced(row)
        lacking = [number for number, size, sha256 in announced if not _is(there.get(number), size, sha256)]
        if lacking:
            return lacking
        parts = [
            {"PartNumber": number, "ETag": there[number].tag, "ChecksumSHA256": sha256}
            for number, _, sha256 in announced
        ]
        await self._call(
            "complete_multipart_upload",
            key,
            row["upload_id"],
            MultipartUpload={"Parts": parts},
            ChecksumSHA256=row["sha256"],
            ChecksumType="COMPOSITE",
            MpuObjectSize=row["size"],
        )
        return []

    async def end(self, key: str, upload_id: str) -> None:
        """Give an upload up: S3 forgets its parts. One that has ended already is no error.

        Raises:
            UnavailableError: S3 does not answer, or asks to slow down.
        """
        try:
            await self._call("abort_multipart_upload", key, upload_id)
        except UploadGoneError:
            return

    async def _stored(self, key: str, upload_id: str) -> Mapping[int, StoredPart]:
        answer = await self._call("list_parts", key, upload_id)  # a thousand at once: more than there can be
        return {
            part["PartNumber"]: StoredPart(part["ETag"], part["Size"], part.get("ChecksumSHA256", ""))
            for part in answer.get("Parts", [])
        }

    async def _url(self, key: str, upload_id: str, part: Part) -> str:
        fixed = {
            "Bucket": self._bucket,
            "Key": key,
            "UploadId": upload_id,
            "PartNumber": part.number,
            "ContentLength": part.size,
            "ChecksumSHA256": part.sha256,
        }
        url = await self._aws.call(
            "s3",
            "generate_presigned_url",
            ClientMethod="upload_part",
            Params=fixed,
            ExpiresIn=int(PART_TIME.total_seconds()),
        )
        return str(url)  # which is all that this one answers

    async def _call(self, operation: str, key: str, upload_id: str, **more: object) -> Mapping[str, Any]:
        try:
            return await self._aws.call(
                "s3", operation, Bucket=self._bucket, Key=key, UploadId=upload_id, **more
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == GONE:
                raise UploadGoneError(upload_id) from error
            raise


def _announced(row: Record) -> Sequence[tuple[int, int, str]]:
    """Return number, bytes and SHA-256 of each part."""
    sizes = part_sizes(row["size"])
    return [
        (number, size, sha256)
        for number, (size, sha256) in enumerate(zip(sizes, row["part_sha256"], strict=True), start=1)
    ]


def _is(part: StoredPart | None, size: int, sha256: str) -> bool:
    return part is not None and (part.size, part.sha256) == (size, sha256)
