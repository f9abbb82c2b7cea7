"""`reshard`: a fifth shard beside four, while orders are placed and read all the time.

Five real PostgreSQL servers. Clients write and read orders as the shop does, and remember what was promised;
the mover takes what consistent hashing gives the new shard. Counted is what clients see and what is found
afterwards; shares do not depend on the machine.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import UUID

from app.orders import store
from app.orders.schemas import Order, OrderLine
from app.orders.sharding import TABLES, slot_of_customer
from app.platform import shards
from app.platform.aws import Aws
from app.platform.database import Database, ReadSession
from app.platform.founding import found
from app.platform.identifiers import uuid7
from app.platform.resharding import Mover
from app.platform.settings import DatabaseSettings
from app.platform.shards import Shards
from app.platform.slots import placed, slot_of_id
from scripts.bench.figure import Figure, Goal
from scripts.bench.shop import migrate, secret
from scripts.local import aws, environment
from scripts.local.runtime.servers import postgres

BEFORE, AFTER = 4, 5  # shards
CUSTOMERS = 100_000  # whose keys are counted
ORDERS = 2_000  # that are there before the move
CLIENTS = 8


def measure() -> list[Figure]:
    """Return the figures."""
    with tempfile.TemporaryDirectory(prefix="blueprint-bench-") as folder, _servers(Path(folder)) as settings:
        load, seconds = asyncio.run(_reshard(settings))
    name = f"reshard: {BEFORE} to {AFTER} shards,"
    rows = len(load.promised)
    return [
        Figure(
            name=f"{name} keys that moved",
            unit="%",
            samples=[_share_of_keys() * 100],
            reference=[100 / AFTER],
            reference_name=f"1 / {AFTER}",
            goal=Goal(limit=22),
        ),
        Figure(
            name=f"{name} orders that moved", unit="%", samples=[load.moved / rows * 100], goal=Goal(limit=22)
        ),
        Figure(
            name=f"{name} errors and lost or doubled orders under load",
            unit="",
            samples=[float(len(load.errors) + load.wrong)],
            goal=Goal(limit=0),
            parts={
                "writes meanwhile": float(load.writes),
                "reads meanwhile": float(load.reads),
                "seconds of moving": seconds,
                "longest request, s": load.longest,
            },
        ),
    ]


def _share_of_keys() -> float:
    """Return the share of customers' keys that are on another shard afterwards."""
    before, after = placed(range(1, BEFORE + 1)), placed(range(1, AFTER + 1))
    slots = [slot_of_customer(UUID(int=number)) for number in range(CUSTOMERS)]
    return sum(before[slot] != after[slot] for slot in slots) / CUSTOMERS


@contextmanager
def _servers(folder: Path) -> Iterator[dict[int, DatabaseSettings]]:
    """Run five servers with the shop's tables; yield how each is reached."""
    with ExitStack() as stack:
        variables = {**os.environ, **environment(stack.enter_context(aws.running()))}
        os.environ.update({name: value for name, value in variables.items() if name.startswith("AWS_")})
        login = postgres.Login.generate("shop")
        arn = secret(variables, login)
        found = {}
        for number in range(1, AFTER + 1):
            home = folder / str(number)
            home.mkdir()
            server = stack.enter_context(postgres.running(home, "shop", login.username, login.password))
            own = {
                "DATABASE_WRITER": f"{server.host}:{server.port}",
                "DATABASE_NAME": server.database,
                "DATABASE_SECRET_ARN": arn,
                "DATABASE_SSLMODE": "prefer",
            }
            migrate(variables | own)
            found[number] = DatabaseSettings.from_environment(own)
        yield found


@dataclass
class Load:
    """Clients that write and read orders, and remember what they were promised."""

    shards: Shards
    promised: list[UUID] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)
    writes: int = 0
    reads: int = 0
    longest: float = 0.0
    moved: int = 0
    wrong: int = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the clients beside the block."""
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for client in range(CLIENTS):
                group.create_task(self._client(stop, client))
            yield
            stop.set()

    async def _client(self, stop: asyncio.Event, number: int) -> None:
        step = 0
        while not stop.is_set():
            step += 1
            started = time.perf_counter()
            try:
                if step % 2:
                    await self.write(UUID(int=number << 32 | step))
                    self.writes += 1
                else:
                    await self.read(self.promised[step * 7919 % len(self.promised)])
                    self.reads += 1
            except Exception as error:  # noqa: BLE001 - whatever a client would have seen
                self.errors.append(error)
            self.longest = max(self.longest, time.perf_counter() - started)

    async def write(self, customer_id: UUID) -> None:
        """Place an order."""
        order = _order(customer_id)
        await self.shards.write(slot_of_id(order.id), lambda session: store.insert(session, order))
        self.promised.append(order.id)

    async def read(self, identifier: UUID) -> None:
        """Read an order that was promised."""
        look = partial(store.order, order_id=identifier)
        if await self.shards.read(slot_of_id(identifier), look, "strong") is None:
            raise LookupError(f"order {identifier} is not found")


def _order(customer_id: UUID) -> Order:
    line = OrderLine(line_no=1, product_id=1, product_name="Cup", quantity=1, unit_price_minor=100)
    return Order(
        id=uuid7(slot_of_customer(customer_id)),
        customer_id=customer_id,
        customer_email="ada@example.com",
        status="placed",
        total_minor=100,
        currency="EUR",
        created_at=datetime.now(UTC),
        lines=[line],
    )


async def _reshard(settings: dict[int, DatabaseSettings]) -> tuple[Load, float]:
    """Fill four shards, add the fifth under load, and look where every order is."""
    async with AsyncExitStack() as stack:
        connected = stack.enter_context(Aws())
        databases = await stack.enter_async_context(shards.databases_of(settings, connected, "bench"))
        four = {number: databases[number] for number in range(1, BEFORE + 1)}
        await found(four)

        async def learn() -> dict[int, Database]:
            return databases

        load = Load(Shards(four, learn))
        for number in range(ORDERS):
            await load.write(UUID(int=number))
        async with load.running():
            started = time.perf_counter()
            await Mover(databases, TABLES).reshard(placed(range(1, AFTER + 1)))
            seconds = time.perf_counter() - started
        places: dict[UUID, list[int]] = {}
        for number, database in databases.items():
            for identifier in await database.read(_identifiers, "strong"):
                places.setdefault(identifier, []).append(number)
    load.moved = sum(AFTER in where for where in places.values())
    load.wrong = sum(len(places.get(identifier, [])) != 1 for identifier in load.promised)
    return load, seconds


async def _identifiers(session: ReadSession) -> list[UUID]:
    return [row["id"] for row in await session.rows("SELECT id FROM orders")]
