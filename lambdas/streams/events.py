"""Events of the shop, as they are on a stream."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self
from uuid import UUID


class MalformedEventError(Exception):
    """A record that is no event which the function understands; no retry will change that."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened; its `data` follow the schema of its type."""

    id: UUID
    occurred_at: datetime
    data: Mapping[str, Any]

    @classmethod
    def parse(cls, record: bytes, *, type: str, version: int) -> Self:  # noqa: A002 - the event's own name for it
        """Read a record's data: an event of this type and version, with its time in UTC.

        Raises:
            MalformedEventError: it is something else; the message says what.
        """
        try:
            event = json.loads(record)
            found = (event["type"], event["version"])
            parsed = cls(
                id=UUID(event["id"]), occurred_at=_time(event["occurred_at"]), data=_object(event["data"])
            )
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise MalformedEventError(f"not an event: {error!r}") from error
        if found != (type, version):
            raise MalformedEventError(f"understood is {type} version {version}, not {found}")
        return parsed


def _time(value: str) -> datetime:
    time = datetime.fromisoformat(value)
    if time.tzinfo is None:
        raise ValueError(f"occurred_at {value!r} has no time zone")
    return time.astimezone(UTC)


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("its data are no object")
    return value
