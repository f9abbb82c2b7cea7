"""Events of the shop, as consumers read them from a queue or a stream."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self
from uuid import UUID


class MalformedEventError(Exception):
    """A message or record that is no event which the function understands; no retry will change that."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened, at a time in UTC; its `data` follow the schema of its type."""

    type: str
    id: UUID
    occurred_at: datetime
    data: Mapping[str, Any]

    @classmethod
    def parse(cls, body: str | bytes, understood: Collection[str]) -> Self:
        """Read the body of a message, or the data of a record: an event of one of these types, in version 1.

        Raises:
            MalformedEventError: it is something else; the message says what.
        """
        try:
            event = json.loads(body)
            found = (event["type"], event["version"])
            parsed = cls(
                type=event["type"],
                id=UUID(event["id"]),
                occurred_at=_time(event["occurred_at"]),
                data=_object(event["data"]),
            )
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise MalformedEventError(f"not an event: {error!r}") from None
        if found not in {(one, 1) for one in understood}:
            raise MalformedEventError(f"understood is {' or '.join(understood)} in version 1, not {found}")
        return parsed


def _time(value: str) -> datetime:
    time = datetime.fromisoformat(value)
    if time.tzinfo is None:
        raise ValueError(f"occurred_at {value!r} has no time zone")
    return time.astimezone(UTC)


def _object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("its data are no object")
    return value
