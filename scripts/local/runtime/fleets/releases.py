"""Artifacts from S3, verified and unpacked once each, into folders that all instances share."""

import asyncio
import hashlib
import tarfile
import tempfile
from functools import partial
from pathlib import Path

from botocore.exceptions import ClientError

from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.fleets.user_data import Artifact
from scripts.local.runtime.unpacked import Unpacked


class Releases:
    """The artifacts of a run, among those that are unpacked."""

    def __init__(self, aws: Aws, unpacked: Unpacked) -> None:
        self._aws = aws
        self._unpacked = unpacked
        self._lock = asyncio.Lock()
        self._verified: dict[Artifact, Path] = {}

    async def unpack(self, artifact: Artifact) -> Path:
        """Return the folder of an artifact, downloaded and verified the first time that it is asked for.

        Raises `LocalRuntimeError` when it is missing, is not what was deployed, or is no archive.
        """
        async with self._lock:
            if artifact not in self._verified:
                self._verified[artifact] = await asyncio.to_thread(self._install, artifact)
        return self._verified[artifact]

    def _install(self, artifact: Artifact) -> Path:
        with tempfile.TemporaryDirectory(prefix="blueprint-release-") as folder:
            bundle = Path(folder) / "bundle.tar.gz"
            self._download(artifact, bundle)
            _verify(artifact, bundle)
            found = self._unpacked.find(artifact.sha256)
            return found or self._unpacked.add(artifact.sha256, partial(_extract, artifact, bundle))

    def _download(self, artifact: Artifact, target: Path) -> None:
        try:
            self._aws.client("s3").download_file(artifact.bucket, artifact.key, str(target))
        except ClientError as error:
            raise LocalRuntimeError(
                f"The artifact s3://{artifact.bucket}/{artifact.key} cannot be downloaded: {error}."
                " Deploy again, which uploads it."
            ) from error


def _verify(artifact: Artifact, bundle: Path) -> None:
    with bundle.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != artifact.sha256:
        raise LocalRuntimeError(
            f"corrupted artifact s3://{artifact.bucket}/{artifact.key}: expected SHA-256 {artifact.sha256},"
            f" found {found}. Build it again (delete dist/ and run `make up`) and deploy."
        )


def _extract(artifact: Artifact, bundle: Path, folder: Path) -> None:
    try:
        with tarfile.open(bundle) as archive:
            # What the documentation of `tarfile` advises: early versions of Python 3.11 have no filters yet.
            archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
            archive.extractall(folder)  # noqa: S202 - its checksum was verified
    except tarfile.TarError as error:
        raise LocalRuntimeError(
            f"The artifact s3://{artifact.bucket}/{artifact.key} is no tar archive: {error}. Build it again."
        ) from error
