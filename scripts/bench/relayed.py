"""Publishes what an outbox holds, or as many events without one, and prints the seconds that it took.

`python -m scripts.bench.relayed list|bus|bare COUNT` with the shop's environment. `list` keeps the events in
this process, `bus` puts them on a bus; `bare` puts batches of the same events there and does nothing else.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace

import boto3
import uvloop

from app.events.orders import OrderPlaced
from app.platform import database
from app.platform.aws import CONFIG, Aws
from app.platform.database import ReadSession
from app.platform.destinations import BUS, SOURCE, STREAM, Destination, Outgoing, to_bus
from app.platform.dispatch import CALLS
from app.platform.election import Election, Term
from app.platform.leases import LeaseElection
from app.platform.relay import Relay
from app.platform.secret import DatabaseSecret
from app.platform.settings import DatabaseSettings
from app.platform.table import Table

NAME = "bench"  # of the bus, of the table of leases, and of the relay's lease there
LOOK = 0.002  # seconds between two looks whether all is done


class TimedElection:
    """An election that remembers when it was won, by `time.perf_counter`."""

    def __init__(self, election: Election) -> None:
        self._election = election
        self.elected = 0.0

    @asynccontextmanager
    async def term(self) -> AsyncIterator[Term]:
        """Wait until this process is elected."""
        async with self._election.term() as term:
            self.elected = time.perf_counter()
            yield term


async def relayed(to: Destination, aws: Aws, count: int) -> float:
    """Publish the outbox, which holds so many events.

    Return the seconds from the relay's election until the last of them is marked.
    """
    accepted: set[int] = set()
    arrived = asyncio.Event()

    async def send(events: Sequence[Outgoing]) -> set[int]:
        ids = await to.send(events)
        accepted.update(ids)
        if len(accepted) == count:
            arrived.set()
        return ids

    settings = DatabaseSettings.from_environment()
    async with database.opened(settings, DatabaseSecret(aws, settings.secret_arn), NAME) as found:
        election = TimedElection(LeaseElection(Table(aws, NAME), NAME))
        await found.read(_unpublished, "strong")  # connect
        await to.send([_example()])  # connect, as the bare client does
        async with Relay(found, election, [replace(to, send=send)]).running():
            await arrived.wait()
            while True:  # until the last of them is marked
                if not await found.read(_unpublished, "strong"):
                    return time.perf_counter() - election.elected
                await asyncio.sleep(LOOK)


def _example() -> Outgoing:
    """Return an event as the relay reads it."""
    event = OrderPlaced.example().event()
    return Outgoing(0, str(event.id), event.aggregate_id, event.type, event.body().decode())


async def _unpublished(session: ReadSession) -> int:
    row = await session.row("SELECT count(*) FROM outbox WHERE published_at IS NULL")
    return row[0] if row else 0


def to_list() -> Destination:
    """Return a list of this process, which takes as much at once as a stream does."""
    taken: list[Outgoing] = []

    async def send(events: Sequence[Outgoing]) -> set[int]:
        taken.extend(events)
        return {event.id for event in events}

    return Destination(name="list", send=send, limits=STREAM)


def bare(count: int) -> float:
    """Put as many events on the bus, with as many threads as the relay has; return the seconds."""
    client = boto3.client("events", config=CONFIG)
    event = _example()
    entry = {"EventBusName": NAME, "Source": SOURCE, "DetailType": event.type, "Detail": event.payload}
    batches = [[entry] * BUS.entries] * (count // BUS.entries)

    def put(batch: Sequence[dict[str, str]]) -> None:
        client.put_events(Entries=batch)

    put([entry])  # connect
    started = time.perf_counter()
    with ThreadPoolExecutor(CALLS) as threads:
        list(threads.map(put, batches))
    return time.perf_counter() - started


def main(how: str, count: int) -> float:
    """Return the seconds of one way."""
    if how == "bare":
        return bare(count)
    with Aws() as aws:
        to = to_bus(aws, NAME) if how == "bus" else to_list()
        return uvloop.run(relayed(to, aws, count))  # as granian does


if __name__ == "__main__":
    sys.stdout.write(str(main(sys.argv[1], int(sys.argv[2]))))
