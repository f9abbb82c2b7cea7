"""Passing on positions, and finding the newest."""

from functools import partial

from app.couriers import store
from app.couriers.schemas import NewPosition, Position
from app.platform.database import Database
from app.platform.problems import NotFoundError
from app.platform.stream import Producer


class Couriers:
    """Reports positions to the stream and reads them from the table that its consumer fills."""

    def __init__(self, database: Database, stream: Producer) -> None:
        self._database = database
        self._stream = stream

    async def report(self, courier_id: str, new: NewPosition) -> Position:
        """Put a position on the stream and return it. A courier's positions share a shard, and so keep order.

        Raises:
            UnavailableError: the stream does not take it at the moment. It may hold it all the same, and it
                then does no harm twice.
        """
        position = Position(courier_id=courier_id, **new.model_dump())
        await self._stream.put(courier_id, position.model_dump_json().encode())
        return position

    async def latest(self, courier_id: str) -> Position:
        """Return the newest position that has come through the stream.

        Raises:
            NotFoundError: none has.
        """
        position = await self._database.read(partial(store.latest, courier_id=courier_id))
        if position is None:
            raise NotFoundError(f"No position of courier {courier_id} is known.")
        return position
