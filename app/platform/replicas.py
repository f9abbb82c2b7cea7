"""Read replicas: which of them may be asked, and how far each follows the primary."""

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import asyncpg

from app.platform.background import beside
from app.platform.consistency import Position
from app.platform.postgres import Server
from app.platform.problems import UnavailableError

if TYPE_CHECKING:
    from asyncpg import Record
    from asyncpg.pool import PoolConnectionProxy

logger = logging.getLogger(__name__)

PERIOD = 1.0  # seconds between two measurements
LONGEST_LAG = 5.0  # seconds; a replica that is further behind serves no reads
MEMORY = 60  # measurements of the primary that are kept
PATIENCE = 0.1  # seconds that a read waits for a replica to replay what it must see
LOOK = 0.01  # seconds between two looks at how far it is


@dataclass
class Replica:
    """A server that follows the primary."""

    server: Server
    replayed: Position = 0
    lag: float = 0.0  # seconds

    async def reaches(self, connection: "PoolConnectionProxy[Record]", position: Position) -> bool:
        """Tell whether the replica, to which `connection` leads, has replayed as much or does in a moment."""
        deadline = time.monotonic() + PATIENCE
        while self.replayed < position:
            self.replayed = await connection.fetchval("SELECT pg_last_wal_replay_lsn()") or 0
            if self.replayed < position:
                if time.monotonic() > deadline:
                    return False
                await asyncio.sleep(LOOK)
        return True


class Replicas:
    """The replicas of one primary, measured while `watched`.

    A replica's lag is the age of the oldest position of the primary that it has not replayed. PostgreSQL's
    own answer, the time of the last transaction that was replayed, grows while nobody writes at all.
    """

    def __init__(self, primary: Server, servers: Sequence[Server]) -> None:
        self._primary = primary
        self.all = [Replica(server) for server in servers]
        self._seen: deque[tuple[float, Position]] = deque(maxlen=MEMORY)  # of the primary: when, how far

    def usable(self, position: Position) -> list[Replica]:
        """Return who may be asked, the least busy first: who has replayed as much, or else who is nearest."""
        found = [one for one in self.all if not one.server.is_resting and one.lag <= LONGEST_LAG]
        random.shuffle(found)
        found.sort(key=lambda one: one.server.sessions)
        ready = [one for one in found if one.replayed >= position]
        return ready or sorted(found, key=lambda one: one.replayed)[-1:]

    def watched(self) -> AbstractAsyncContextManager[None]:
        """Measure every second beside a block."""
        return beside(self._watch(), "replicas")

    async def _watch(self) -> None:
        while True:
            await self.measure()
            await asyncio.sleep(PERIOD)

    async def measure(self) -> None:
        """Ask all servers how far they are. Of those that do not answer, what was known stays."""
        await self._measure_primary()
        await asyncio.gather(*(self._measure(replica) for replica in self.all))

    async def _measure_primary(self) -> None:
        before = time.monotonic()  # it was no further then, so that no lag is taken for longer than it is
        try:
            async with self._primary.connection() as connection:
                position = await connection.fetchval("SELECT pg_current_wal_lsn()")
        except asyncpg.ObjectNotInPrerequisiteStateError:
            logger.warning("the primary has become a replica", extra={"server": self._primary.name})
            await self._primary.drop_connections()
        except UnavailableError:
            return  # whoever needs it is told
        else:
            if not self._seen or position > self._seen[-1][1]:
                self._seen.append((before, position))

    async def _measure(self, replica: Replica) -> None:
        try:
            async with replica.server.connection() as connection:
                # NULL from a server that was promoted, and is no replica any more.
                replica.replayed = await connection.fetchval("SELECT pg_last_wal_replay_lsn()") or 0
        except UnavailableError:
            return
        was_usable = replica.lag <= LONGEST_LAG
        replica.lag = self._lag(replica.replayed)
        if was_usable != (replica.lag <= LONGEST_LAG):
            said = {"server": replica.server.name, "lag_seconds": round(replica.lag, 1)}
            logger.warning("a replica lags" if was_usable else "a replica has caught up", extra=said)

    def _lag(self, replayed: Position) -> float:
        missed = next((when for when, position in self._seen if position > replayed), None)
        return 0.0 if missed is None else time.monotonic() - missed
