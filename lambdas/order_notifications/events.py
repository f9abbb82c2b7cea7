"""The one event that this function understands."""

import json
from dataclasses import dataclass
from typing import Self
from uuid import UUID

TYPE = "order.placed"
VERSION = 1


class UnknownEventError(Exception):
    """A message that is no event this function understands; no retry will change that."""


@dataclass(frozen=True)
class OrderPlaced:
    """A customer placed an order: an event notification, which carries only the order's id."""

    id: UUID
    order_id: UUID

    @classmethod
    def parse(cls, body: str) -> Self:
        """Read the body of a message.

        Raises:
            UnknownEventError: it is malformed, or of another type or version; the message says which.
        """
        try:
            event = json.loads(body)
            type_and_version = (event["type"], event["version"])
            ids = (UUID(event["id"]), UUID(event["data"]["order_id"]))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise UnknownEventError(f"not an event: {error!r}") from error
        if type_and_version != (TYPE, VERSION):
            raise UnknownEventError(f"understood is {TYPE} version {VERSION}, not {type_and_version}")
        return cls(*ids)
