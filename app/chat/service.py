"""Talking in a room over a socket, and reading what was said."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from uuid import UUID

from starlette.websockets import WebSocket

from app.chat.history import History
from app.chat.rooms import Room, Rooms, said
from app.chat.schemas import Earlier, Message, MessagePage, Person, RoomList, Say, may_enter
from app.platform import sockets
from app.platform.draining import Drain, Places
from app.platform.identifiers import time_of, uuid7
from app.platform.identity import ForbiddenError, Identity, Tokens
from app.platform.problems import InvalidRequestError, UnavailableError
from app.platform.rate_limits import RateLimits, TooManyRequestsError
from app.platform.sockets import ClosedError, Socket, Visitor

SOCKETS = 1_500  # of a process
OF_AN_ACCOUNT = 10  # of these
SHOWN = 50  # messages that somebody sees who is new
ROOMS = 100  # that staff sees


class Chat:
    """The rooms."""

    def __init__(
        self, tokens: Tokens, limits: RateLimits, history: History, rooms: Rooms, drain: Drain
    ) -> None:
        self._tokens = tokens
        self._limits = limits
        self._history = history
        self._rooms = rooms
        self._places = Places(SOCKETS, drain)
        self._accounts: Counter[UUID] = Counter()

    async def visit(self, websocket: WebSocket, room: str) -> None:
        """Let a socket take part in a room, until it or the shop ends that."""
        await sockets.serve(websocket, self._places, partial(self._admit, room=room))

    async def earlier(self, who: Identity, room: str, wanted: Earlier) -> MessagePage:
        """Return what was said before.

        Raises:
            ForbiddenError: the room is somebody else's.
            UnavailableError: the history does not answer.
        """
        if not may_enter(who, room):
            raise ForbiddenError("This room is somebody else's.")
        found = await self._history.before(room, wanted.before, wanted.limit + 1)
        items = found[-wanted.limit :]
        return MessagePage(items=items, before=items[0].id if len(found) > wanted.limit else None)

    async def rooms(self) -> RoomList:
        """Return the rooms in which somebody said something, the newest first.

        Raises:
            UnavailableError: the history does not answer.
        """
        return RoomList(items=await self._history.rooms(ROOMS))

    async def _admit(self, socket: Socket, room: str) -> None:
        visitor = await socket.authenticated(self._tokens)
        if not may_enter(visitor.identity, room):
            raise ClosedError(sockets.FORBIDDEN)
        person = Person.of(visitor.identity)
        with self._one_of_few(person.id):
            async with self._rooms.entered(room, socket, person) as (entered, people):
                await self._welcome(socket, room, visitor, people)
                await socket.converse(visitor.until, self._talk(socket, entered, person))

    async def _welcome(self, socket: Socket, room: str, visitor: Visitor, people: list[Person]) -> None:
        """Tell what was said meanwhile. The socket hears already what is said now: nothing is between."""
        try:
            after = UUID(visitor.after) if visitor.after else None
            found = await (
                self._history.after(room, after) if after else self._history.before(room, None, SHOWN)
            )
        except (ValueError, OverflowError):
            raise ClosedError(sockets.MALFORMED) from None
        content = {
            "you": Person.of(visitor.identity).model_dump(mode="json"),
            "messages": [message.model_dump(mode="json") for message in found],
            "present": [person.model_dump(mode="json") for person in people],
        }
        socket.tell_first(sockets.frame("welcome", **content))

    async def _talk(self, socket: Socket, room: Room, person: Person) -> None:
        while True:
            text = await socket.receive()
            try:
                await self._limits.count_account(person.id)
                say = sockets.read(Say, text)
                message = _message(say, person)
                kept = await room.say(message)
            except (TooManyRequestsError, InvalidRequestError, UnavailableError) as error:
                socket.tell(sockets.problem(error))
            else:
                if kept.id != message.id:
                    socket.tell(said(kept))  # what its key said before

    @contextmanager
    def _one_of_few(self, account: UUID) -> Iterator[None]:
        if self._accounts[account] >= OF_AN_ACCOUNT:
            raise ClosedError(sockets.TOO_MANY)
        self._accounts[account] += 1
        try:
            yield
        finally:
            self._accounts[account] -= 1
            if not self._accounts[account]:
                del self._accounts[account]


def _message(say: Say, author: Person) -> Message:
    identifier = uuid7()
    return Message(id=identifier, key=say.key, at=time_of(identifier), author=author, text=say.text)
