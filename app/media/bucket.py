"""The bucket of media, as the shop uses it.

What is uploaded goes below `quarantine/`, where nobody is served from, and what is private below
`quarantine/private/`. Consumers put what they make of it below `media/published/`, which the CDN serves, or
`media/private/`, which it serves at signed addresses alone, and say at `status/<id>/<part>.json` what came of
their work (`lambdas/media/bucket.py`).
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from botocore.exceptions import ClientError, HTTPClientError
from pydantic import BaseModel

from app.media.multipart import Multipart
from app.media.schemas import File, NewMedia, Upload, Work
from app.platform.aws import Aws
from app.platform.problems import UnavailableError

UPLOAD_TIME = timedelta(minutes=15)  # until an upload must have begun
MISSING = {"404", "NoSuchKey"}  # of HeadObject, which has no body to say it in, and of GetObject


class Stored(NamedTuple):
    """What S3 says of an object: media type, bytes, and SHA-256 in base64.

    Of one that came in parts, it is the SHA-256 of the parts' checksums, with their number: `...=-3`.
    """

    content_type: str
    size: int
    sha256: str


class _NotedFile(BaseModel):
    name: str
    key: str
    content_type: str
    size: int
    width: int | None = None
    height: int | None = None


class _Note(BaseModel):
    state: str
    reason: str | None = None
    files: list[_NotedFile] = []


class Bucket:
    """A bucket, by its name."""

    def __init__(self, aws: Aws, name: str) -> None:
        self._aws = aws
        self.name = name
        self.multipart = Multipart(aws, name)

    @staticmethod
    def key(media_id: UUID, *, is_private: bool) -> str:
        """Return where an upload lies; consumers see there, too, whether it is private."""
        return f"quarantine/private/{media_id}" if is_private else f"quarantine/{media_id}"

    async def allow(self, media_id: UUID, new: NewMedia) -> Upload:
        """Return a permission to upload one object: its key, type, bytes and checksum are fixed by it.

        Raises:
            UnavailableError: this role's credentials cannot be had at the moment.
        """
        fixed = {
            "Content-Type": new.content_type,
            "x-amz-checksum-algorithm": "SHA256",
            "x-amz-checksum-sha256": new.checksum,
        }
        answer = await self._aws.call(
            "s3",
            "generate_presigned_post",
            Bucket=self.name,
            Key=self.key(media_id, is_private=new.is_private),
            Fields=fixed,
            Conditions=[{name: value} for name, value in fixed.items()]
            + [["content-length-range", new.size, new.size]],
            ExpiresIn=int(UPLOAD_TIME.total_seconds()),
        )
        return Upload(url=answer["url"], fields=answer["fields"], expires_at=datetime.now(UTC) + UPLOAD_TIME)

    async def stored(self, key: str) -> Stored | None:
        """Return what was uploaded as `key`, or None while there is nothing.

        Raises:
            UnavailableError: S3 does not answer, or asks to slow down.
        """
        try:
            head = await self._aws.call(
                "s3", "head_object", Bucket=self.name, Key=key, ChecksumMode="ENABLED"
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in MISSING:
                return None
            raise
        return Stored(head["ContentType"], head["ContentLength"], head.get("ChecksumSHA256", ""))

    async def work(self, media_id: UUID, part: str) -> Work:
        """Return what came of a consumer's work.

        Raises:
            UnavailableError: S3 does not answer, or asks to slow down.
        """
        try:
            answer = await self._aws.call(
                "s3", "get_object", Bucket=self.name, Key=f"status/{media_id}/{part}.json"
            )
            body = await asyncio.to_thread(answer["Body"].read)
        except ClientError as error:
            if error.response["Error"]["Code"] in MISSING:
                return Work(state="waiting")
            raise
        except HTTPClientError as error:
            raise UnavailableError("s3 does not answer at the moment") from error
        note = _Note.model_validate_json(body)
        files = [File(url=f"/{file.key}", **file.model_dump(exclude={"key"})) for file in note.files]
        return Work.model_validate({"state": note.state, "reason": note.reason, "files": files})
