"""Who is in a room, in Redis: a sorted set a room, by the time until when an instance vouches for somebody.

Each instance vouches anew every few seconds; the people of one that was killed are gone soon after.
"""

import time
from collections.abc import Collection
from uuid import uuid4

import orjson

from app.chat.schemas import Person
from app.platform.cache_server import FAILURES, Server
from app.platform.rest import Rest

KEPT = 30.0  # seconds that an instance vouches for
SHOWN = 50  # people of a room
REST = 1.0  # seconds

# KEYS: of the room. ARGV: now, until when, most; how many have left, who; who is there.
VOUCH = """
local left = tonumber(ARGV[4])
for index = 5, 4 + left do redis.call('ZREM', KEYS[1], ARGV[index]) end
for index = 5 + left, #ARGV do redis.call('ZADD', KEYS[1], ARGV[2], ARGV[index]) end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
redis.call('EXPIREAT', KEYS[1], math.ceil(ARGV[2]))
return redis.call('ZRANGE', KEYS[1], 0, ARGV[3])
"""


class Presence:
    """The people of all rooms, of which this process vouches for some."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._instance = uuid4().hex
        self._rest = Rest(REST)

    async def vouch(
        self, room: str, here: Collection[Person], left: Collection[Person] = ()
    ) -> Collection[Person]:
        """Say who is in a room here, and who has left it; return who is in it anywhere.

        Of many, some. While Redis is down, those who are here are all that is known.
        """
        now = time.time()
        members = *map(self._member, left), *map(self._member, here)
        found: list[bytes] = []
        if not self._rest.is_on:
            try:
                arguments = [now, now + KEPT, 2 * SHOWN, len(left), *members]
                found = await self._server.run(VOUCH, [f"{{chat:{room}}}:present"], arguments)
            except FAILURES:
                self._rest.begin()
        return {*here, *map(_person, found)}

    def _member(self, person: Person) -> bytes:
        return orjson.dumps([self._instance, str(person.id), person.name, person.role])


def _person(member: bytes) -> Person:
    _instance, identifier, name, role = orjson.loads(member)
    return Person(id=identifier, name=name, role=role)
