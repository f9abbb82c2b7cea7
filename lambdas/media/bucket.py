"""Where results lie in the bucket of media: the files, and a note that says what came of the work.

Files lie under `media/published/<id>/`, which the CDN serves; those of a private upload under
`media/private/<id>/`, which it serves at signed addresses alone. The note of each consumer lies beside, at
`status/<id>/<part>.json`; the shop reads it there. It is written last: whoever finds it finds all files, and
a consumer that finds its own has nothing left to do. Every key follows from the upload alone, so that who
repeats the work writes the same objects again.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from botocore.exceptions import ClientError

PUBLISHED = "media/published"
PRIVATE = "media/private"
PRIVATE_UPLOADS = "quarantine/private/"
STATUS = "status"
# A rendition never changes: another picture has another id.
CACHE_CONTROL = "public, max-age=31536000, immutable"
# Who may see a private one may see it for an hour; nobody between keeps it.
PRIVATE_CACHE_CONTROL = "private, max-age=3600"


@dataclass(frozen=True, kw_only=True)
class Published:
    """A file that is served: its name, where it lies, its media type, bytes, and pixels if it has some."""

    name: str
    key: str
    content_type: str
    size: int
    width: int | None = None
    height: int | None = None


class Bucket:
    """A bucket of media, by its name; `part` is the name of a consumer's work."""

    def __init__(self, s3: Any, name: str) -> None:
        self._s3 = s3
        self._name = name

    def download(self, key: str, path: str) -> None:
        """Write an object to a file; raise ClientError if there is none."""
        self._s3.download_file(self._name, key, path)

    def read(self, key: str) -> bytes:
        """Return an object; raise ClientError if there is none."""
        body: bytes = self._s3.get_object(Bucket=self._name, Key=key)["Body"].read()
        return body

    def publish(  # noqa: PLR0913 - each is said of the file
        self,
        media_id: UUID,
        source: str,
        name: str,
        body: bytes,
        content_type: str,
        *,
        width: int | None = None,
        height: int | None = None,
    ) -> Published:
        """Store a file where it is served, in the place of the same one from an earlier try.

        `source` is the key of what was uploaded, which says whether it is private.
        """
        folder, kept = (PUBLISHED, CACHE_CONTROL)
        if source.startswith(PRIVATE_UPLOADS):
            folder, kept = (PRIVATE, PRIVATE_CACHE_CONTROL)
        key = f"{folder}/{media_id}/{name}"
        self._s3.put_object(
            Bucket=self._name, Key=key, Body=body, ContentType=content_type, CacheControl=kept
        )
        return Published(
            name=name, key=key, content_type=content_type, size=len(body), width=width, height=height
        )

    def is_noted(self, media_id: UUID, part: str) -> bool:
        """Tell whether the work is done, or was given up."""
        return self.exists(_note(media_id, part))

    def exists(self, key: str) -> bool:
        """Tell whether there is such an object."""
        try:
            self._s3.head_object(Bucket=self._name, Key=key)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return False
            raise
        return True

    def note_files(self, media_id: UUID, part: str, files: Sequence[Published]) -> None:
        """Say that the work is done, and what came of it."""
        self._put_note(media_id, part, {"state": "published", "files": [asdict(file) for file in files]})

    def note_failure(self, media_id: UUID, part: str, reason: str) -> None:
        """Say that the work was given up, and why, to the person who uploaded."""
        self._put_note(media_id, part, {"state": "failed", "reason": reason, "files": []})

    def _put_note(self, media_id: UUID, part: str, note: dict[str, Any]) -> None:
        body = json.dumps(note, sort_keys=True).encode()
        self._s3.put_object(
            Bucket=self._name, Key=_note(media_id, part), Body=body, ContentType="application/json"
        )


def _note(media_id: UUID, part: str) -> str:
    return f"{STATUS}/{media_id}/{part}.json"
