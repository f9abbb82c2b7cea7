"""Several databases with the shop's tables, as shards."""

import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
from alembic import command

from app.platform import database, ownership
from app.platform.aws import Aws
from app.platform.database import Database, WriteSession
from app.platform.identifiers import first_uuid7, uuid7
from app.platform.migrations import SCRIPTS, migrate
from app.platform.secret import DatabaseSecret
from app.platform.settings import Address, DatabaseSettings, Settings
from scripts.local.runtime.servers import postgres
from tests.waiting import PATIENCE

TABLES = (
    "products, reservations, orders, order_lines, payments, sandbox_ledger, idempotency_keys, outbox, "
    "shard_slots, daily_reports"
)
FENCED = ("orders", "order_lines", "payments", "idempotency_keys", "outbox")


@dataclass(frozen=True)
class Fleet:
    """Databases by shard number, and a connection of the test's own to each."""

    databases: dict[int, Database]
    connections: dict[int, asyncpg.Connection]

    async def found(self, placement: Sequence[int]) -> None:
        """Have each slot owned as the placement says."""
        async with self.databases[1].transaction() as session:
            assert await ownership.found(session, placement)
        for number in set(placement) - {1}:
            async with self.databases[number].transaction() as session:
                slots = [slot for slot, shard in enumerate(placement) if shard == number]
                await ownership.take_over(session, slots, 0)

    async def fence(self) -> None:
        """Switch all fences on."""
        for one in self.databases.values():
            async with one.transaction() as session:
                await ownership.fence(session, await ownership.unfenced(session))

    async def everywhere(self, sql: str, *values: object) -> list[tuple[int, asyncpg.Record]]:
        """Return the rows of all shards, each with the shard's number."""
        return [
            (number, row)
            for number, connection in self.connections.items()
            for row in await connection.fetch(sql, *values)
        ]


async def create(settings: DatabaseSettings, primary: postgres.Running, count: int) -> list[str]:
    """Make databases with the shop's tables on the primary, and return their names."""
    prefix = f"fleet_{uuid.uuid4().hex[:8]}"
    names = [f"{prefix}_{number}" for number in range(1, count + 1)]
    server = await asyncpg.connect(primary.url, timeout=PATIENCE)
    await server.execute(f"CREATE DATABASE {names[0]}")
    await migrate(settings.model_copy(update={"database": names[0]}), command.upgrade, "head", SCRIPTS)
    for name in names[1:]:
        await server.execute(f"CREATE DATABASE {name} TEMPLATE {names[0]}")
    await server.close()
    return names


async def drop(primary: postgres.Running, names: list[str]) -> None:
    """Drop databases."""
    server = await asyncpg.connect(primary.url, timeout=PATIENCE)
    for name in names:
        await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await server.close()


@asynccontextmanager
async def fleet_of(names: list[str], settings: Settings, primary: postgres.Running) -> AsyncIterator[Fleet]:
    """Open databases as shards 1 to n, empty, with their fences off."""
    async with AsyncExitStack() as stack:
        secret = DatabaseSecret(stack.enter_context(Aws()), settings.secret_arn)
        fleet = Fleet({}, {})
        for number, name in enumerate(names, 1):
            own = settings.model_copy(update={"database": name, "readers": ()})
            fleet.databases[number] = await stack.enter_async_context(database.opened(own, secret, "test"))
            connection = await asyncpg.connect(primary.url, database=name, timeout=PATIENCE)
            stack.push_async_callback(connection.close)
            fleet.connections[number] = connection
            await connection.execute("SET lock_timeout = '60s'")
            await connection.execute(f"TRUNCATE {TABLES} RESTART IDENTITY")
            for table in FENCED:
                await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER shard_fence")
        yield fleet


def identifier_of(at: datetime, slot: int | None = None) -> UUID:
    """Return an order's id as it would have been made at a time."""
    return UUID(int=first_uuid7(at).int | uuid7(slot).int & (1 << 80) - 1)


async def write_order(
    session: WriteSession, slot: int, email: str = "ada@example.com", at: datetime | None = None
) -> UUID:
    """Write an order of two lines with its event, as small as can be, and return its id."""
    identifier = identifier_of(at or datetime.now(UTC), slot)
    await session.execute(
        "INSERT INTO orders (id, customer_email, status, total_minor, currency, created_at) "
        "VALUES ($1, $2, 'placed', 100, 'EUR', now())",
        identifier,
        email,
    )
    await session.execute_many(
        "INSERT INTO order_lines VALUES ($1, $2, 1, 'Cup', 1, 50)", [(identifier, 1), (identifier, 2)]
    )
    await session.execute(
        "INSERT INTO payments (id, order_id, status, amount_minor, currency, card, card_last_four) "
        "VALUES ($1, $2, 'pending', 100, 'EUR', 'good', '4242')",
        uuid7(slot),
        identifier,
    )
    await session.execute(
        "INSERT INTO idempotency_keys VALUES ($1, 'key', $2, '', 201, '', '{}', now() + interval '1 day')",
        identifier,
        slot,
    )
    await session.execute(
        "INSERT INTO outbox (event_id, type, aggregate_id, payload, occurred_at, slot) "
        "VALUES ($1, 'order.placed', $2, '{\"type\": \"order.placed\"}', now(), $3)",
        uuid7(),
        str(identifier),
        slot,
    )
    return identifier


@asynccontextmanager
async def broken(settings: Settings) -> AsyncIterator[Database]:
    """Open a database that does not answer."""
    with Aws() as aws:
        own = settings.model_copy(update={"writer": Address("127.0.0.1", 1), "readers": ()})
        async with database.opened(own, DatabaseSecret(aws, own.secret_arn), "test") as found:
            yield found
