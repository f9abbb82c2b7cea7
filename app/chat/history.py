"""What was said, in DynamoDB: an item a message, under its room and its id, which sorts by the time.

Beside the messages, a room has an item `~newest` that the index of rooms is made of; and each key that a
client gave has an item of its own, written with the message or not at all, so that nothing is said twice.
"""

import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from app.chat.schemas import Message, Person, RoomSummary
from app.platform.identifiers import first_uuid7, time_of
from app.platform.table import Condition, ConditionError, Field, Item, Table

KEPT = timedelta(days=90)  # that messages are kept
KEYS_KEPT = timedelta(days=1)  # in which a client may repeat itself
NEWEST = "~newest"  # sorts behind all ids
LOWEST, HIGHEST = UUID(int=0), UUID(int=2**128 - 1)
# Ids come from the instances' clocks, which differ, and before the write, which may take its time: a message
# may become visible after others with higher ids. Who asks what came after one also gets what came so much
# before it.
OVERLAP = timedelta(seconds=15)
MOST = 500  # messages that somebody is told who comes back

NEW = Condition(expression="attribute_not_exists(id)", values={})


class History:
    """The messages of all rooms."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def keep(self, room: str, message: Message) -> Message:
        """Keep the message, once for its author's key; return it, or the one that was kept before.

        Raises:
            UnavailableError: DynamoDB does not answer.
        """
        claim = {"room": f"key#{room}#{message.author.id}#{message.key}", "id": "key"}
        item = _item(room, message)
        marked = {**claim, "message_id": str(message.id), "expires_at": _expiry(KEYS_KEPT)}
        try:
            await self._table.transact(self._table.putting(marked, NEW), self._table.putting(item, NEW))
        except ConditionError:
            known = await self._table.get(claim)
            kept = await self._table.get({"room": room, "id": known["message_id"]}) if known else None
            if kept is None:
                raise
            return _message(kept)
        await self._note_newest(item)
        return message

    async def after(self, room: str, message_id: UUID) -> list[Message]:
        """Return what came after a message, and what came shortly before; the newest 50 where it is too much.

        Raises:
            UnavailableError: DynamoDB does not answer.
        """
        since = first_uuid7(max(time_of(message_id) - OVERLAP, datetime.fromtimestamp(0, UTC)))
        found = await self._between(room, since, HIGHEST, MOST)
        return found if len(found) < MOST else await self.before(room, None, 50)

    async def before(self, room: str, message_id: UUID | None, limit: int) -> list[Message]:
        """Return the newest messages, or the newest before one, the oldest first.

        Raises:
            UnavailableError: DynamoDB does not answer.
        """
        highest = UUID(int=max(message_id.int - 1, 0)) if message_id else HIGHEST
        return (await self._between(room, LOWEST, highest, limit, newest_first=True))[::-1]

    async def rooms(self, limit: int) -> list[RoomSummary]:
        """Return rooms, the one with the newest message first; that may be a moment old.

        Raises:
            UnavailableError: DynamoDB does not answer.
        """
        page = await self._table.page("by-newest", Field("kind", "room"), None, limit)
        return [
            RoomSummary(room=item["room"], newest=_message({**item, "id": item["newest"]}))
            for item in page.items
        ]

    async def _between(
        self, room: str, lowest: UUID, highest: UUID, limit: int, *, newest_first: bool = False
    ) -> list[Message]:
        bounds = Field("id", str(lowest)), Field("id", str(highest))
        items = await self._table.between(Field("room", room), *bounds, limit, newest_first=newest_first)
        return [_message(item) for item in items]

    async def _note_newest(self, item: Item) -> None:
        newest = {**item, "id": NEWEST, "newest": item["id"], "kind": "room"}
        is_newer = Condition(
            expression="attribute_not_exists(id) OR newest < :mine", values={"mine": item["id"]}
        )
        with suppress(ConditionError):
            await self._table.put(newest, is_newer)


def _item(room: str, message: Message) -> dict[str, Any]:
    return {
        "room": room,
        "id": str(message.id),
        "key": str(message.key),
        "author_id": str(message.author.id),
        "author_name": message.author.name,
        "author_role": message.author.role,
        "text": message.text,
        "expires_at": _expiry(KEPT),
    }


def _message(item: Item) -> Message:
    identifier = UUID(item["id"])
    author = Person(id=UUID(item["author_id"]), name=item["author_name"], role=item["author_role"])
    return Message(
        id=identifier, key=UUID(item["key"]), at=time_of(identifier), author=author, text=item["text"]
    )


def _expiry(kept: timedelta) -> int:
    return int(time.time() + kept.total_seconds())
