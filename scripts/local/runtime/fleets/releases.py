"""Artifacts from S3, verified and unpacked once each, into folders that all instances share."""

import asyncio
import hashlib
import os
import shutil
import tarfile
import time
from pathlib import Path

from botocore.exceptions import ClientError

from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.fleets.user_data import Artifact

KEEP_SECONDS = 7 * 24 * 3600.0


class Releases:
    """The unpacked artifacts below one folder, by their checksum."""

    def __init__(self, aws: Aws, folder: Path) -> None:
        self._aws = aws
        self._folder = folder
        self._lock = asyncio.Lock()
        self._verified: set[Artifact] = set()

    async def unpack(self, artifact: Artifact) -> Path:
        """Return the folder of an artifact, downloaded and verified the first time that it is asked for.

        Raises `LocalRuntimeError` when it is missing, is not what was deployed, or is no archive.
        """
        async with self._lock:
            if artifact not in self._verified:
                await asyncio.to_thread(self._install, artifact)
                self._verified.add(artifact)
        return self._folder / artifact.sha256

    def _install(self, artifact: Artifact) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        bundle = self._folder / f"{artifact.sha256}.tar.gz"
        self._download(artifact, bundle)
        _verify(artifact, bundle)
        release = self._folder / artifact.sha256
        if not release.is_dir():
            _unpack(artifact, bundle, release)
        bundle.unlink()
        os.utime(release)
        self._prune()

    def _prune(self) -> None:
        """Remove the releases that no run has used for long."""
        for release in self._folder.iterdir():
            if time.time() - release.stat().st_mtime > KEEP_SECONDS:
                shutil.rmtree(release, ignore_errors=True)

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
        bundle.unlink()
        raise LocalRuntimeError(
            f"corrupted artifact s3://{artifact.bucket}/{artifact.key}: expected SHA-256 {artifact.sha256},"
            f" found {found}. Build it again (delete dist/ and run `make up`) and deploy."
        )


def _unpack(artifact: Artifact, bundle: Path, release: Path) -> None:
    """Unpack beside the place and move there at last, so that half an artifact is never taken for a whole."""
    partial = release.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        with tarfile.open(bundle) as archive:
            # What the documentation of `tarfile` advises: early versions of Python 3.11 have no filters yet.
            archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
            archive.extractall(partial)  # noqa: S202 - its checksum was verified
    except tarfile.TarError as error:
        raise LocalRuntimeError(
            f"The artifact s3://{artifact.bucket}/{artifact.key} is no tar archive: {error}. Build it again."
        ) from error
    partial.rename(release)
