"""A file that is to be uploaded: its type by its name, its bytes and their checksums."""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from app.media.schemas import LARGEST, PART_SIZE, Kind
from scripts.media.errors import MediaError

TYPES: dict[str, tuple[Kind, str]] = {
    ".jpg": ("image", "image/jpeg"),
    ".jpeg": ("image", "image/jpeg"),
    ".png": ("image", "image/png"),
    ".webp": ("image", "image/webp"),
    ".mp4": ("video", "video/mp4"),
    ".mov": ("video", "video/quicktime"),
    ".webm": ("video", "video/webm"),
}


@dataclass(frozen=True)
class MediaFile:
    """A file of a kind that the shop takes; a film is sent in parts."""

    path: Path
    kind: Kind
    content_type: str
    size: int
    is_private: bool = False

    @classmethod
    def of(cls, path: Path, *, is_private: bool = False) -> "MediaFile":
        """Look at a file.

        Raises:
            MediaError: it is not there, empty, too large, or of another type.
        """
        found = TYPES.get(path.suffix.lower())
        if found is None:
            raise MediaError(f"{path} is of no type that the shop takes: {', '.join(sorted(TYPES))}.")
        try:
            size = path.stat().st_size
        except OSError as error:
            raise MediaError(f"{path} cannot be read: {error.strerror}.") from error
        kind, content_type = found
        if not 0 < size <= LARGEST[kind]:
            raise MediaError(f"{path} has {size} bytes: an {kind} may have 1 to {LARGEST[kind]}.")
        return cls(path, kind, content_type, size, is_private)

    @property
    def announcement(self) -> dict[str, Any]:
        """What the shop is told of it."""
        said = {
            "kind": self.kind,
            "content_type": self.content_type,
            "size": self.size,
            "is_private": self.is_private,
        }
        if self.kind == "video":
            return said | {"part_sha256": [sha256(part) for part in self._parts()]}
        return said | {"sha256": sha256(self.path.read_bytes())}

    def part(self, number: int) -> bytes:
        """Return a part; the first is 1."""
        with self.path.open("rb") as file:
            file.seek((number - 1) * PART_SIZE)
            return file.read(PART_SIZE)

    def _parts(self) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            yield from iter(partial(file.read, PART_SIZE), b"")


def sha256(body: bytes) -> str:
    """Return the checksum in base64, as S3 has it."""
    return base64.b64encode(hashlib.sha256(body).digest()).decode()
