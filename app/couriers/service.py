"""Passing on positions, and finding the newest."""

import asyncio
from collections.abc import Sequence
from functools import partial

from starlette.websockets import WebSocket

from app.couriers import store
from app.couriers.schemas import Nearby, NearestCouriers, NewPosition, Position, Report
from app.couriers.whereabouts import Whereabouts
from app.platform import sockets
from app.platform.database import Database
from app.platform.draining import Drain, Places
from app.platform.identity import Identity, Tokens
from app.platform.problems import InvalidRequestError, NotFoundError, UnavailableError
from app.platform.sockets import ClosedError, Socket
from app.platform.stream import Producer

SOCKETS = 1_500  # of a process


class Couriers:
    """Reports positions to the stream and to Redis, and reads them there, or from the consumer's table."""

    def __init__(
        self, database: Database, stream: Producer, whereabouts: Whereabouts, tokens: Tokens, drain: Drain
    ) -> None:
        self._database = database
        self._stream = stream
        self._whereabouts = whereabouts
        self._tokens = tokens
        self._places = Places(SOCKETS, drain)

    async def report(self, courier_id: str, new: Sequence[NewPosition]) -> list[Position]:
        """Put positions on the stream and return them, the oldest first.

        The newest goes under the courier's own key: what is reported one by one shares a shard, and keeps its
        order. Those before it need none, for the consumer goes by their time, and under keys of their own all
        of them go in one request.

        Raises:
            UnavailableError: the stream does not take them at the moment. It may hold some all the same, and
                they do no harm twice.
        """
        positions = [Position(courier_id=courier_id, **one.model_dump()) for one in new]
        positions.sort(key=lambda position: position.recorded_at)
        keys = [*(f"{courier_id}#{number}" for number in range(len(positions) - 1)), courier_id]
        bodies = [position.model_dump_json().encode() for position in positions]
        await asyncio.gather(*map(self._stream.put, keys, bodies))
        self._whereabouts.note(positions)
        return positions

    async def latest(self, courier_id: str) -> Position:
        """Return the newest position that has come through the stream.

        Raises:
            NotFoundError: none has.
        """
        position = await self._database.read(partial(store.latest, courier_id=courier_id))
        if position is None:
            raise NotFoundError(f"No position of courier {courier_id} is known.")
        return position

    async def newest(self, courier_id: str) -> Position | None:
        """Return where a courier is by the newest report, or was by the last that is stored; None if unknown.

        Raises:
            UnavailableError: neither Redis knows nor a database answers.
        """
        try:
            if position := await self._whereabouts.newest(courier_id):
                return position
        except UnavailableError:
            pass  # the table may be a moment behind
        return await self._database.read(partial(store.latest, courier_id=courier_id))

    async def nearest(self, wanted: Nearby) -> NearestCouriers:
        """Return the couriers who are nearest to a place.

        Raises:
            UnavailableError: Redis is down.
        """
        return NearestCouriers(items=await self._whereabouts.nearest(wanted))

    async def attend(self, websocket: WebSocket, courier_id: str) -> None:
        """Take a courier's positions from a socket, until it or the shop ends that."""
        await sockets.serve(websocket, self._places, partial(self._admit, courier_id=courier_id))

    async def _admit(self, socket: Socket, courier_id: str) -> None:
        visitor = await socket.authenticated(self._tokens)
        if not may_report(visitor.identity, courier_id):
            raise ClosedError(sockets.FORBIDDEN)
        await socket.converse(visitor.until, self._take(socket, courier_id))

    async def _take(self, socket: Socket, courier_id: str) -> None:
        """Answer each report when the stream has it; the next one is read then, and not before."""
        while True:
            try:
                report = sockets.read(Report, await socket.receive())
                accepted = await self.report(courier_id, report.positions)
            except (InvalidRequestError, UnavailableError) as error:
                socket.tell(sockets.problem(error))
            else:
                socket.tell(sockets.frame("accepted", count=len(accepted)))


def may_report(who: Identity, courier_id: str) -> bool:
    """Tell whether somebody may report for a courier: for the subject of their own account, or as admin."""
    return "admin" in who.roles or ("courier" in who.roles and courier_id == str(who.subject))
