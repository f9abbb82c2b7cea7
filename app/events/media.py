"""What happens to pictures and films."""

from typing import ClassVar, Literal, Self
from uuid import UUID

from pydantic import Field

from app.events.contract import Consumer, EventData, Pattern


class MediaUploaded(EventData):
    """A picture or a film lies in its bucket and can be worked on."""

    type: ClassVar[str] = "media.uploaded"
    pattern: ClassVar[Pattern] = "state transfer"
    consumers: ClassVar[tuple[Consumer, ...]] = (
        Consumer("media_renditions", "state transfer", "makes the sizes in which it is shown"),
        Consumer("media_captions", "state transfer", "has a film's subtitles written"),
    )

    media_id: UUID = Field(description="The picture or film")
    kind: Literal["image", "video"] = Field(description="Which of the two it is")
    bucket: str = Field(min_length=3, max_length=63, description="The S3 bucket that it lies in")
    key: str = Field(min_length=1, max_length=1024, description="Where it lies there")
    content_type: str = Field(description="Its media type, such as image/jpeg")
    size: int = Field(ge=1, description="Bytes")

    @property
    def aggregate_id(self) -> str:
        """Return the picture's or film's id."""
        return str(self.media_id)

    @classmethod
    def example(cls) -> Self:
        """Return a picture."""
        media_id = UUID("01980f10-3c2d-7e1f-8a9b-0c1d2e3f4a5b")
        return cls(
            media_id=media_id,
            kind="image",
            bucket="shop-media",
            key=f"incoming/{media_id}",
            content_type="image/jpeg",
            size=482_113,
        )
