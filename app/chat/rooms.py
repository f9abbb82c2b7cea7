"""Rooms as far as they are in this process: the sockets in them, and what these are told.

What is said is written to the history first and published then. So whoever misses what was published, because
Redis was away or another instance's clock is late, is told by the history: each room reads it after a gap,
and from time to time. A message may thus come more than once to a client, which knows it by its id.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

from app.chat.history import History
from app.chat.presence import SHOWN, Presence
from app.chat.schemas import Message, Person
from app.platform.background import beside
from app.platform.broadcast import Broadcast
from app.platform.identifiers import first_uuid7
from app.platform.problems import UnavailableError
from app.platform.sockets import Socket, frame

logger = logging.getLogger(__name__)

PERIOD = 10.0  # seconds between two looks at history and people
SETTLE = 0.5  # seconds in which comings and goings are told together
REMEMBERED = 512  # messages that were told
SOMEBODY = b"somebody"  # is published when somebody comes or goes
ID = 36  # characters of an id, with which the rest of what is published begins


class Room:
    """A room with the sockets that are in it here."""

    def __init__(self, name: str, history: History, presence: Presence, broadcast: Broadcast) -> None:
        self.name = name
        self._history = history
        self._presence = presence
        self._broadcast = broadcast
        self._sockets: set[Socket] = set()
        self._here: Counter[Person] = Counter()
        self._left: set[Person] = set()
        self._told: dict[UUID, None] = {}
        self._told_people: list[Person] = []
        self._since = first_uuid7(datetime.now(UTC))  # the history was read then, or nobody was here before
        self._wake = asyncio.Event()
        self._has_gap = False
        self._stack = AsyncExitStack()
        self._opening: asyncio.Task[None] | None = None

    def is_left_by(self, socket: Socket) -> bool:
        """Tell whether nobody is in it without this socket."""
        return self._sockets <= {socket}

    async def enter(self, socket: Socket, person: Person) -> list[Person]:
        """Have a socket told what is said from now on; return who is in the room, anywhere."""
        self._sockets.add(socket)
        self._here[person] += 1
        if self._opening is None:
            self._opening = asyncio.create_task(self._open())
        await asyncio.shield(self._opening)
        people = await self._presence.vouch(self.name, [person])
        await self._tell_all(SOMEBODY)
        self._wake.set()
        return shown({*people, *self._here})

    async def leave(self, socket: Socket, person: Person) -> None:
        """Tell a socket nothing any more."""
        self._sockets.discard(socket)
        self._here[person] -= 1
        if self._here[person] <= 0:
            del self._here[person]
            self._left.add(person)
        self._wake.set()
        if not self._sockets:
            await self._stack.aclose()
            await self._presence.vouch(self.name, (), self._left)
            await self._tell_all(SOMEBODY)

    async def say(self, message: Message) -> Message:
        """Tell a message to all in the room; return it, or the one that had its key before.

        Raises:
            UnavailableError: it cannot be kept, and is told to nobody.
        """
        kept = await self._history.keep(self.name, message)
        if kept.id == message.id:
            text = said(message)
            self._deliver(message.id, text)
            await self._tell_all(f"{message.id}{text}".encode())
        return kept

    async def _open(self) -> None:
        await self._stack.enter_async_context(self._broadcast.listening(f"chat:{self.name}", self._heard))
        await self._stack.enter_async_context(beside(self._keep(), self.name))

    async def _tell_all(self, data: bytes) -> None:
        try:
            await self._broadcast.publish(f"chat:{self.name}", data)
        except UnavailableError:
            logger.warning("other instances read the history to see what was said", extra={"room": self.name})

    def _heard(self, data: bytes | None) -> None:
        if data is None:
            self._has_gap = True
            self._wake.set()
        elif data == SOMEBODY:
            self._wake.set()
        else:
            self._deliver(UUID(data[:ID].decode()), data[ID:].decode())

    def _deliver(self, message_id: UUID, text: str) -> None:
        if message_id in self._told:
            return
        self._told[message_id] = None
        if len(self._told) > REMEMBERED:
            del self._told[next(iter(self._told))]
        for socket in self._sockets:
            socket.tell(text)

    async def _keep(self) -> None:
        """Look at people and history, when told to and from time to time."""
        while True:
            await asyncio.sleep(SETTLE)
            try:
                async with asyncio.timeout(PERIOD):
                    await self._wake.wait()
            except TimeoutError:
                self._has_gap = True  # perhaps, and nobody knows
            self._wake.clear()
            await self._tell_people()
            if self._has_gap:
                await self._catch_up()

    async def _tell_people(self) -> None:
        left, self._left = self._left - self._here.keys(), set()
        people = shown(await self._presence.vouch(self.name, self._here.keys(), left))
        if people == self._told_people:
            return
        self._told_people = people
        text = frame("present", people=[person.model_dump(mode="json") for person in people])
        for socket in self._sockets:
            socket.tell(text)

    async def _catch_up(self) -> None:
        """Tell what the history has and the sockets were not told."""
        now = first_uuid7(datetime.now(UTC))
        self._has_gap = False
        try:
            missed = await self._history.after(self.name, self._since)
        except UnavailableError:
            self._has_gap = True
            return
        self._since = now
        for message in missed:
            self._deliver(message.id, said(message))


class Rooms:
    """The rooms that somebody is in here."""

    def __init__(self, history: History, presence: Presence, broadcast: Broadcast) -> None:
        self._needs = history, presence, broadcast
        self._rooms: dict[str, Room] = {}

    @asynccontextmanager
    async def entered(
        self, name: str, socket: Socket, person: Person
    ) -> AsyncIterator[tuple[Room, list[Person]]]:
        """Have a socket in a room for the block, which is told who else is in it, anywhere."""
        room = self._rooms.get(name)
        if room is None:
            room = self._rooms[name] = Room(name, *self._needs)
        try:
            yield room, await room.enter(socket, person)
        finally:
            if self._rooms.get(name) is room and room.is_left_by(socket):
                del self._rooms[name]  # who comes from now on opens it anew
            await room.leave(socket, person)


def said(message: Message) -> str:
    """Return a message as sockets are told it."""
    return frame("message", **message.model_dump(mode="json"))


def shown(people: Collection[Person]) -> list[Person]:
    """Return the people of a room as they are told, staff last; of very many, some."""
    return sorted(people, key=lambda person: (person.role, person.name, str(person.id)))[:SHOWN]
