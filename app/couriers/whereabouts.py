"""Where couriers are now, in Redis: a geographical index, and beside it when each of them was last seen.

Written by whoever takes a report, once the stream has it: why not by the stream's consumer says
docs/decisions/0019-live-updates.md. The time decides: a report that comes late, or again, moves nobody back.
What Redis loses the next reports bring back.
"""

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from app.couriers.schemas import Nearby, NearestCourier, Position
from app.platform.cache_server import FAILURES, Server
from app.platform.problems import UnavailableError
from app.platform.rest import Rest

logger = logging.getLogger(__name__)

STALE = timedelta(minutes=2)  # after which a courier who says nothing is nowhere
REST = 1.0  # seconds
BATCH = 500  # reports of one call
FORGET = 100  # couriers who are nowhere that a call forgets at most
LIMIT = 85.05112878  # degrees of latitude: Redis' index reaches no further (GEOADD)
KEYS = ["{couriers}:places", "{couriers}:seen"]  # the braces have a cluster keep both together

# KEYS: places, times. ARGV: the time before which couriers are nowhere, how many of them to forget, and
# reports as JSON: [[courier, longitude, latitude, time, what to tell], ...]. Times in milliseconds (Unix).
NOTE = """
for _, report in ipairs(cjson.decode(ARGV[3])) do
    local seen = redis.call('ZSCORE', KEYS[2], report[1])
    if not seen or tonumber(seen) < report[4] then
        redis.call('ZADD', KEYS[2], report[4], report[1])
        redis.call('GEOADD', KEYS[1], report[2], report[3], report[1])
        redis.call('PUBLISH', 'live:courier:' .. report[1], report[5])
    end
end
local gone = redis.call('ZRANGE', KEYS[2], '-inf', ARGV[1], 'BYSCORE', 'LIMIT', 0, ARGV[2])
if #gone > 0 then
    redis.call('ZREM', KEYS[1], unpack(gone))
    redis.call('ZREM', KEYS[2], unpack(gone))
end
"""

# KEYS: as above. ARGV: longitude, latitude, kilometres, most, and the time before which they are nowhere.
NEAREST = """
local found = redis.call(
    'GEOSEARCH', KEYS[1], 'FROMLONLAT', ARGV[1], ARGV[2], 'BYRADIUS', ARGV[3], 'km', 'ASC',
    'WITHDIST', 'WITHCOORD'
)
local near = {}
for _, place in ipairs(found) do
    local seen = redis.call('ZSCORE', KEYS[2], place[1])
    if seen and tonumber(seen) >= tonumber(ARGV[5]) then
        table.insert(near, {place[1], place[2], place[3][1], place[3][2], seen})
        if #near == tonumber(ARGV[4]) then break end
    end
end
return near
"""

# KEYS: as above. ARGV: courier.
NEWEST = """
local place = redis.call('GEOPOS', KEYS[1], ARGV[1])[1]
local seen = redis.call('ZSCORE', KEYS[2], ARGV[1])
if not place or not seen then return false end
return {place[1], place[2], seen}
"""


class Whereabouts:
    """The newest position of each courier. Reports that come while others are on their way go together."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._rest = Rest(REST)
        self._waiting: dict[str, Position] = {}
        self._sender: asyncio.Task[None] | None = None

    def note(self, positions: Iterable[Position]) -> None:
        """Note where couriers are; in a moment, unless Redis is down."""
        if self._rest.is_on:
            return
        for position in positions:
            known = self._waiting.get(position.courier_id)
            if abs(position.latitude) <= LIMIT and (not known or known.recorded_at < position.recorded_at):
                self._waiting[position.courier_id] = position
        if self._sender is None and self._waiting:
            self._sender = asyncio.create_task(self._send())

    async def settled(self) -> None:
        """Return when what was noted is in Redis, or lost."""
        if self._sender:
            await self._sender

    async def newest(self, courier_id: str) -> Position | None:
        """Return where a courier was last, to half a metre; None if it is not known here.

        Raises:
            UnavailableError: Redis is down.
        """
        found = await self._run(NEWEST, [courier_id])
        if not found:
            return None
        longitude, latitude, seen = map(float, found)
        return Position(
            courier_id=courier_id,
            latitude=round(latitude, 6),
            longitude=round(longitude, 6),
            recorded_at=datetime.fromtimestamp(seen / 1000, UTC),
        )

    async def nearest(self, wanted: Nearby) -> list[NearestCourier]:
        """Return the couriers who are nearest to a place, the nearest first; who is silent is left out.

        Raises:
            UnavailableError: Redis is down.
        """
        latitude = max(-LIMIT, min(LIMIT, wanted.latitude))
        arguments = [wanted.longitude, latitude, wanted.radius_km, wanted.limit, _stale()]
        return [
            NearestCourier(
                courier_id=courier.decode(),
                distance_km=float(distance),
                longitude=round(float(longitude), 6),
                latitude=round(float(found_latitude), 6),
                recorded_at=datetime.fromtimestamp(float(seen) / 1000, UTC),
            )
            for courier, distance, longitude, found_latitude, seen in await self._run(NEAREST, arguments)
        ]

    async def _send(self) -> None:
        try:
            while self._waiting:
                taken = list(self._waiting)[:BATCH]
                batch = [_report(self._waiting.pop(courier)) for courier in taken]
                await self._run(NOTE, [_stale(), FORGET, orjson.dumps(batch)])
        except UnavailableError:
            self._waiting.clear()  # newer ones come when Redis is back
        finally:
            self._sender = None

    async def _run(self, script: str, arguments: Sequence[object]) -> list[Any]:
        if self._rest.is_on:
            raise UnavailableError("where couriers are is not known at the moment")
        try:
            return list(await self._server.run(script, KEYS, arguments) or ())
        except FAILURES as error:
            self._rest.begin()
            logger.warning("where couriers are is not known", extra={"error": str(error)})
            raise UnavailableError("where couriers are is not known at the moment") from error


def told(position: Position) -> str:
    """Return what is said of where a courier is, to those who may know but not who it is."""
    return position.model_dump_json(include={"latitude", "longitude", "recorded_at"})


def _report(position: Position) -> tuple[str, float, float, int, str]:
    milliseconds = int(position.recorded_at.timestamp() * 1000)
    return position.courier_id, position.longitude, position.latitude, milliseconds, told(position)


def _stale() -> int:
    return int((time.time() - STALE.total_seconds()) * 1000)
