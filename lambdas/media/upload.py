"""A picture or a film that was uploaded."""

from dataclasses import dataclass
from typing import Literal, Self
from uuid import UUID

from lambdas.events import Event, MalformedEventError

TYPE = "media.uploaded"


@dataclass(frozen=True, kw_only=True)
class Upload:
    """What was uploaded, and the object that it is."""

    media_id: UUID
    kind: Literal["image", "video"]
    bucket: str
    key: str

    @classmethod
    def parse(cls, record: bytes) -> Self:
        """Read a record's data.

        Raises:
            MalformedEventError: it is no `media.uploaded` of this version; the message says why.
        """
        data = Event.parse(record, {TYPE}).data
        try:
            return cls(
                media_id=UUID(data["media_id"]),
                kind=_kind(data["kind"]),
                bucket=_text(data["bucket"]),
                key=_text(data["key"]),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise MalformedEventError(f"nothing that was uploaded: {error!r}") from error


def _kind(value: object) -> Literal["image", "video"]:
    if value == "image":
        return "image"
    if value == "video":
        return "video"
    raise ValueError(f"kind {value!r} is neither image nor video")


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{value!r} is no name")
    return value
