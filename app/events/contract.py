"""What every event is: a typed account of what happened, under a name and a version.

Within a version an event may gain optional fields and nothing else (`app.events.compatibility`): whoever
reads it ignores what it does not know, and events in the bus's archive lack what came later.
"""

from abc import abstractmethod
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal, NamedTuple, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from app.platform.outbox import Event

# A notification carries ids, and who wants more asks. State transfer carries what its consumers need, so that
# none of them has to ask, or to wait for whom it would ask.
Pattern = Literal["notification", "state transfer"]
EXAMPLE_ID = UUID("01980f10-7a3e-7c55-8f1e-3d2b6f0a9c11")
EXAMPLE_TIME = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


class Consumer(NamedTuple):
    """Who acts on an event, which pattern it uses the event by, and what it does."""

    name: str
    pattern: Pattern
    does: str


class EventData(BaseModel):
    """What an event tells: the `data` of its message. A class an event, whose docstring says when it happens.

    Attributes:
        type, version: under which name it is known, and which of its schemas this is.
        pattern: how much it carries.
        consumers: who acts on it; all others find it in the bus's archive.
        is_wrapped: whether its message says type, version, id and time around the data. What goes to a stream
            straight, thousands of times a minute, is the data alone.
    """

    model_config = ConfigDict(frozen=True)

    type: ClassVar[str]
    version: ClassVar[int] = 1
    pattern: ClassVar[Pattern]
    consumers: ClassVar[tuple[Consumer, ...]] = ()
    is_wrapped: ClassVar[bool] = True

    @property
    @abstractmethod
    def aggregate_id(self) -> str:
        """Return what it happened to: events of one aggregate keep their order."""

    @property
    def slot(self) -> int | None:
        """Return the slot of an aggregate that is sharded."""
        return None

    @classmethod
    @abstractmethod
    def example(cls) -> Self:
        """Return one, for the reference page and for the tests of who reads it."""

    def event(self, occurred_at: datetime | None = None) -> Event:
        """Return it as an event for the outbox, which happened now if it is not said."""
        return Event(
            type=self.type,
            version=self.version,
            aggregate_id=self.aggregate_id,
            slot=self.slot,
            data=self.model_dump(mode="json"),
            occurred_at=occurred_at or datetime.now(UTC),
        )


def message_schema(kind: type[EventData]) -> dict[str, Any]:
    """Return the JSON schema of an event's message as consumers receive it."""
    data = kind.model_json_schema(mode="serialization")
    head = {"title": kind.type, "description": data["description"]}
    if not kind.is_wrapped:
        return data | head
    definitions = data.pop("$defs", {})
    properties = {
        "type": {"type": "string", "const": kind.type, "description": "What happened"},
        "version": {"type": "integer", "const": kind.version, "description": "Which schema the data has"},
        "id": {"type": "string", "format": "uuid", "description": "The same whenever it is delivered again"},
        "aggregate_id": {"type": "string", "description": "What it happened to; its events keep their order"},
        "occurred_at": {"type": "string", "format": "date-time", "description": "When it happened"},
        "data": data | {"title": "data", "description": "What it tells"},
    }
    schema = head | {"type": "object", "required": sorted(properties), "properties": properties}
    return schema | ({"$defs": definitions} if definitions else {})


def example_message(kind: type[EventData]) -> Mapping[str, Any]:
    """Return an event's message, as it may be received."""
    example = kind.example()
    data = example.model_dump(mode="json")
    if not kind.is_wrapped:
        return data
    return {
        "type": kind.type,
        "version": kind.version,
        "id": str(EXAMPLE_ID),
        "aggregate_id": example.aggregate_id,
        "occurred_at": EXAMPLE_TIME.isoformat(),
        "data": data,
    }
