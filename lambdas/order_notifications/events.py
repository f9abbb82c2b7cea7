"""The one event that this function understands."""

from dataclasses import dataclass
from typing import Self
from uuid import UUID

from lambdas.events import Event, MalformedEventError

TYPE = "order.placed"


@dataclass(frozen=True)
class OrderPlaced:
    """A customer placed an order; of the event, only the order's id is of interest here."""

    id: UUID
    order_id: UUID

    @classmethod
    def parse(cls, body: str) -> Self:
        """Read the body of a message.

        Raises:
            MalformedEventError: it is malformed, or of another type or version; the message says which.
        """
        event = Event.parse(body, [TYPE])
        try:
            return cls(event.id, UUID(event.data["order_id"]))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise MalformedEventError(f"not an event: {error!r}") from None
