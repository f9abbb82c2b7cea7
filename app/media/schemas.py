"""What is uploaded, and what becomes of it."""

import base64
import hashlib
from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

MEBIBYTE = 1024 * 1024
# What each kind may be, and its bytes at most. Consumers take no more than that.
TYPES = {
    "image": {"image/jpeg", "image/png", "image/webp"},
    "video": {"video/mp4", "video/quicktime", "video/webm"},
}
LARGEST = {"image": 20 * MEBIBYTE, "video": 500 * MEBIBYTE}

# A film may come in parts of so many bytes, the last of which is what is left; S3 takes none below 5 MiB.
PART_SIZE = 8 * MEBIBYTE
MOST_PARTS = -(-LARGEST["video"] // PART_SIZE)

Kind = Literal["image", "video"]
Sha256 = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9+/]{43}=$", examples=["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="]),
]


def part_sizes(size: int) -> list[int]:
    """Return the bytes of each part of a file of so many bytes."""
    return [min(PART_SIZE, size - start) for start in range(0, size, PART_SIZE)]


class NewMedia(BaseModel):
    """What somebody is going to upload: exactly this, and nothing else."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    content_type: Annotated[str, Field(examples=["image/jpeg"])]
    size: Annotated[int, Field(ge=1, strict=True, description="Bytes")]
    is_private: Annotated[
        bool, Field(description="Its files are served at signed addresses alone, which expire")
    ] = False
    sha256: Annotated[
        Sha256 | None, Field(description="The SHA-256 of the file, in base64: it is uploaded at once")
    ] = None
    part_sha256: Annotated[
        list[Sha256] | None,
        Field(
            max_length=MOST_PARTS,
            description=f"Instead, of a film: the SHA-256 of each {PART_SIZE} bytes of the file, and of the "
            "rest. It is uploaded in these parts; who announces it again goes on with what was begun",
        ),
    ] = None

    @model_validator(mode="after")
    def _is_taken(self) -> Self:
        if self.content_type not in TYPES[self.kind]:
            raise ValueError(f"An {self.kind} must be one of {', '.join(sorted(TYPES[self.kind]))}")
        if self.size > LARGEST[self.kind]:
            raise ValueError(f"An {self.kind} may have {LARGEST[self.kind]} bytes at most")
        if (self.sha256 is None) == (self.part_sha256 is None):
            raise ValueError("Say either sha256, or part_sha256 to upload in parts")
        if self.part_sha256 is not None:
            self._check_parts(self.part_sha256)
        return self

    def _check_parts(self, checksums: list[str]) -> None:
        if self.kind != "video":
            raise ValueError("Only a video is uploaded in parts: say sha256")
        if len(checksums) != len(part_sizes(self.size)):
            raise ValueError(
                f"{self.size} bytes are {len(part_sizes(self.size))} parts of {PART_SIZE} bytes at most: "
                f"{len(checksums)} checksums are said"
            )

    @property
    def checksum(self) -> str:
        """What S3 will say of the object: its SHA-256, or that of the parts' with their number."""
        if self.part_sha256 is None:
            return str(self.sha256)
        of_parts = b"".join(map(base64.b64decode, self.part_sha256))
        whole = base64.b64encode(hashlib.sha256(of_parts).digest()).decode()
        return f"{whole}-{len(self.part_sha256)}"


class Upload(BaseModel):
    """How it is uploaded: a POST of a form (multipart/form-data) with these fields, and then `file`."""

    url: str
    fields: dict[str, str]
    expires_at: datetime


class Part(BaseModel):
    """A part of a film. One that is not stored is sent by a PUT to its address, with these headers."""

    number: int = Field(description="From 1")
    size: int = Field(description="Bytes")
    sha256: Sha256
    is_stored: bool
    url: str | None = Field(None, description="Of the next few that are not stored: ask again for others")
    headers: dict[str, str] = {}


class Parts(BaseModel):
    """How a film is uploaded in parts, in any order and several at once."""

    part_size: int = PART_SIZE
    parts: list[Part]
    expires_at: datetime = Field(description="When the addresses expire: ask again then")


class File(BaseModel):
    """A file that is served at a path of the site; pixels, where it has some."""

    name: str = Field(examples=["small.webp"])
    url: str = Field(examples=["/media/published/01980f10-3c2d-7e1f-8a9b-0c1d2e3f4a5b/small.webp"])
    content_type: str
    size: int
    width: int | None
    height: int | None


class Work(BaseModel):
    """What a consumer made of it: it is waited for, published, or failed for a reason."""

    state: Literal["waiting", "published", "failed"]
    reason: str | None = None
    files: list[File] = []


class Media(BaseModel):
    """A picture or a film. It is awaited until its upload is complete; then its renditions are made."""

    id: UUID
    kind: Kind
    content_type: str
    size: int
    is_private: bool
    state: Literal["awaited", "uploaded"]
    created_at: datetime
    expires_at: datetime | None = Field(None, description="When the addresses of private files expire")
    renditions: Work
    captions: Work | None = Field(description="Of a film: its subtitles. A picture has none")


class AnnouncedMedia(Media):
    """The same, and how it is uploaded: at once, or in parts."""

    upload: Upload | None
    parts: Parts | None
