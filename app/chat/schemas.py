"""What is said in rooms, and by whom."""

import re
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.platform.identity import Identity, Role

LONGEST = 2_000  # characters of a message
ROOM = r"^support-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
STAFF: tuple[Role, ...] = ("support", "admin")
"""The roles that may enter every room; the first that somebody has is the one they speak in."""


class Person(BaseModel):
    """Somebody in a room. Accounts have no names but addresses, which are nobody's business here."""

    model_config = ConfigDict(frozen=True)

    id: UUID = Field(description="The account's")
    name: str
    role: Literal["customer", "support", "admin"]

    @classmethod
    def of(cls, who: Identity) -> "Person":
        """Return somebody who has signed in as others see them."""
        for role, name in (("support", "Support"), ("admin", "Admin")):
            if role in who.roles:
                return cls(id=who.subject, name=name, role=role)
        return cls(id=who.subject, name=f"Customer {who.subject.hex[:4]}", role="customer")


class Say(BaseModel):
    """What a client says; the key makes a repetition say nothing twice."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["say"]
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST)]
    key: UUID


class Message(BaseModel):
    """Something that was said; ids sort by the time."""

    id: UUID
    key: UUID = Field(description="The client's own")
    at: datetime
    author: Person
    text: str


class MessagePage(BaseModel):
    """Messages of a room, the oldest first; `before` is the cursor of older ones, null on the last page."""

    items: list[Message]
    before: UUID | None


class RoomSummary(BaseModel):
    """A room, and the newest that was said in it."""

    room: str
    newest: Message


class RoomList(BaseModel):
    """Rooms, the one with the newest message first."""

    items: list[RoomSummary]


class Earlier(BaseModel):
    """Which messages to list."""

    before: UUID | None = Field(None, description="Older ones than this message; the newest without")
    limit: int = Field(50, ge=1, le=100, description="Messages a page")


def may_enter(who: Identity, room: str) -> bool:
    """Tell whether somebody may be in a room: staff in all, everybody in their own."""
    is_own = room == f"support-{who.subject}"
    return is_own or (bool(who.roles.intersection(STAFF)) and bool(re.match(ROOM, room)))
