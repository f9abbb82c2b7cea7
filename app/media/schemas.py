"""What is uploaded, and what becomes of it."""

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

Kind = Literal["image", "video"]


class NewMedia(BaseModel):
    """What somebody is going to upload: exactly this, and nothing else."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    content_type: Annotated[str, Field(examples=["image/jpeg"])]
    size: Annotated[int, Field(ge=1, strict=True, description="Bytes")]
    sha256: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9+/]{43}=$",
            description="The SHA-256 of the file, in base64",
            examples=["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="],
        ),
    ]

    @model_validator(mode="after")
    def _is_taken(self) -> Self:
        if self.content_type not in TYPES[self.kind]:
            raise ValueError(f"An {self.kind} must be one of {', '.join(sorted(TYPES[self.kind]))}")
        if self.size > LARGEST[self.kind]:
            raise ValueError(f"An {self.kind} may have {LARGEST[self.kind]} bytes at most")
        return self


class Upload(BaseModel):
    """How it is uploaded: a POST of a form (multipart/form-data) with these fields, and then `file`."""

    url: str
    fields: dict[str, str]
    expires_at: datetime


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
    state: Literal["awaited", "uploaded"]
    created_at: datetime
    renditions: Work
    captions: Work | None = Field(description="Of a film: its subtitles. A picture has none")


class AnnouncedMedia(Media):
    """The same, and how it is uploaded."""

    upload: Upload
