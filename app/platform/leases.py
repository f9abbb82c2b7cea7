"""A leader by a lease in DynamoDB: it leads as long as it goes on saying so.

One item a lease says who holds it, in which term, and how often that was renewed; every write is conditional
on what was read. No two clocks are compared, so it does not matter what they show:

- The holder counts from before it *sent* its last renewal that succeeded, by its own clock, and stops leading
  `LEASE` less `DRIFT` of it later, whether or not anybody tells it.
- A candidate counts from after it *read* the item, by its own clock, and takes the lease when it is still the
  same `LEASE` later. What it read had been sent before, so it counts from later than the holder.

So there is one leader at a time as long as two clocks do not differ in pace by more than `DRIFT`. Whose clock
stood still (a virtual machine was paused and does not know), or who asks whether it leads and sleeps before
it writes, is caught by the term's token, which grows with every term (`app.platform.fencing`).
"""

import asyncio
import logging
import os
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import NamedTuple
from uuid import uuid4

from app.platform import fencing
from app.platform.background import beside
from app.platform.database import WriteSession
from app.platform.election import Term
from app.platform.fencing import DeposedError
from app.platform.problems import UnavailableError
from app.platform.table import Condition, ConditionError, Table

logger = logging.getLogger(__name__)

LEASE = 9.0  # seconds that pass without a renewal before another may lead
RENEWAL = 3.0  # seconds between two renewals: two of them may fail
LOOK = 2.0  # seconds between two looks of a candidate
DRIFT = 0.1  # of the lease: clocks of two machines run as fast as each other, to a ten-thousandth


def clock() -> float:
    """Return the seconds of a clock that nobody sets, and that goes on while the machine sleeps if it can."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class _Seen(NamedTuple):
    """The item as it was read."""

    held_by: str
    term: int
    renewals: int


@dataclass
class Lease:
    """One process' view of a lease: what it has seen of it, and until when it holds it.

    Attributes:
        table: the table of leases.
        name: which lease it is.
        me: what this process is called there, and no other.
        clock: seconds.
        token: the term's number, once the lease was taken.
    """

    table: Table
    name: str
    me: str
    clock: Callable[[], float] = clock
    token: int = 0
    _renewals: int = 0
    _until: float = float("-inf")
    _seen: _Seen | None = None
    _seen_since: float = 0.0

    @property
    def is_held(self) -> bool:
        """Whether this process leads."""
        return self.clock() < self._until

    async def take(self) -> bool:
        """Look at the lease and take it if it is free; return whether it was.

        Raises:
            UnavailableError: DynamoDB does not answer.
        """
        item = await self.table.get({"lease_id": self.name})
        if item is None:
            # A table that was made anew must not begin below what the old one had come to.
            nobody = Condition(expression="attribute_not_exists(lease_id)", values={})
            return await self._take(int(time.time() * 1000), nobody)
        seen = _Seen(item["held_by"], item["term"], item["renewals"])
        if seen != self._seen:
            self._seen, self._seen_since = seen, self.clock()
        if seen.held_by and self.clock() - self._seen_since < LEASE:
            return False
        unchanged = "held_by = :held_by AND term = :term AND renewals = :renewals"
        return await self._take(seen.term + 1, Condition(expression=unchanged, values=seen._asdict()))

    async def renew(self) -> None:
        """Hold the lease for longer.

        Raises:
            DeposedError: another process has taken it.
            UnavailableError: DynamoDB does not answer; the lease is held as long as it was before.
        """
        sent = self.clock()
        try:
            await self._write(self.me, self._renewals + 1, self._mine)
        except ConditionError as error:
            self._until = float("-inf")
            raise DeposedError(f"another process has taken the lease {self.name}") from error
        self._renewals += 1
        self._hold_from(sent)

    async def give_up(self) -> None:
        """Let the next candidate have the lease at once, if it is still this process'.

        Raises:
            UnavailableError: DynamoDB does not answer; the lease runs out.
        """
        self._until = float("-inf")
        try:
            await self._write("", self._renewals + 1, self._mine)
        except ConditionError:
            logger.info("a lease was taken before it was given up", extra={"lease": self.name})

    async def _take(self, token: int, condition: Condition) -> bool:
        sent = self.clock()
        self.token, self._renewals = token, 0
        try:
            await self._write(self.me, 0, condition)
        except ConditionError:  # by another candidate, or renewed
            return False
        self._hold_from(sent)
        return True

    @property
    def _mine(self) -> Condition:
        values = {"held_by": self.me, "term": self.token}
        return Condition(expression="held_by = :held_by AND term = :term", values=values)

    async def _write(self, held_by: str, renewals: int, condition: Condition) -> None:
        item = {"lease_id": self.name, "held_by": held_by, "term": self.token, "renewals": renewals}
        await self.table.put(item, condition)

    def _hold_from(self, sent: float) -> None:
        self._until = sent + LEASE * (1 - DRIFT)


class LeaseElection:
    """The leader is who holds a lease. One that dies or stands still is replaced `LEASE` later."""

    def __init__(self, table: Table, name: str, clock: Callable[[], float] = clock) -> None:
        """Take the table of leases, the name of the duty that the leader has, and what shows seconds."""
        self._table = table
        self._name = name
        self._clock = clock

    @asynccontextmanager
    async def term(self) -> AsyncIterator[Term]:
        """Wait until this process is elected.

        Raises:
            UnavailableError: DynamoDB does not answer.
        """
        me = f"{socket.gethostname()}-{os.getpid()}-{uuid4()}"
        lease = Lease(self._table, self._name, me, self._clock)
        while True:
            if await lease.take():
                break
            await asyncio.sleep(LOOK)
        try:
            async with beside(_renew(lease), "lease"):
                yield _LeaseHeld(lease)
        finally:
            await _give_up(lease)


class _LeaseHeld:
    """A term that lasts as long as its lease."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease

    async def confirm(self) -> None:
        if not self._lease.is_held:
            raise DeposedError(f"the lease {self._lease.name} has run out")

    async def guard(self, session: WriteSession) -> None:
        await fencing.guard(session, f"lease-{self._lease.name}", self._lease.token)


async def _renew(lease: Lease) -> None:
    while True:
        await asyncio.sleep(RENEWAL)
        try:
            await lease.renew()
        except UnavailableError as error:
            logger.warning("a lease is not renewed", extra={"lease": lease.name, "error": str(error)})
        except DeposedError:
            return  # who leads asks before each step, and is told


async def _give_up(lease: Lease) -> None:
    try:
        await lease.give_up()
    except UnavailableError as error:
        logger.warning("a lease is left to run out", extra={"lease": lease.name, "error": str(error)})
