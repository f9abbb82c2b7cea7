"""Partitions by month: created ahead, detached when they are old, and never in the way of a write."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.platform import database, ownership, partitions
from app.platform.aws import Aws
from app.platform.database import Database
from app.platform.election import AdvisoryLockElection
from app.platform.identifiers import uuid7
from app.platform.partitions import AHEAD, Family, Maintenance, PartitionsError, maintain, month
from app.platform.secret import DatabaseSecret
from app.platform.settings import Settings
from app.retention import FAMILIES, ORDERS, POSITIONS
from scripts.local.runtime.servers import postgres
from tests.app.fleet import broken, create, drop, identifier_of
from tests.waiting import PATIENCE, until

NOW = datetime.now(UTC)
ORDER = (
    "INSERT INTO orders (id, customer_email, status, total_minor, currency, created_at) "
    "VALUES ($1, 'ada@example.com', 'placed', 100, 'EUR', now())"
)
LINE = "INSERT INTO order_lines VALUES ($1, $2, 1, 'Cup', 1, 50)"
POSITION = "INSERT INTO courier_positions VALUES ($1, $2, 52.5, 13.4)"


@pytest.fixture
async def name(settings: Settings, primary: postgres.Running) -> AsyncIterator[str]:
    """A database with the shop's tables, for one test that changes them."""
    names = await create(settings, primary, 1)
    yield names[0]
    await drop(primary, names)


@pytest.fixture
async def connection(name: str, primary: postgres.Running) -> AsyncIterator[asyncpg.Connection]:
    """The test's own connection to it."""
    opened = await asyncpg.connect(primary.url, database=name, timeout=PATIENCE)
    yield opened
    await opened.close()


@pytest.fixture
async def shop(name: str, settings: Settings) -> AsyncIterator[Database]:
    """The same database, as the shop sees it."""
    own = settings.model_copy(update={"database": name})
    with Aws() as aws:
        async with database.opened(own, DatabaseSecret(aws, own.secret_arn), "test") as found:
            yield found


async def write(connection: asyncpg.Connection, at: datetime) -> UUID:
    """Write an order with a line, and a position, of a time."""
    identifier = identifier_of(at)
    await connection.execute(ORDER, identifier)
    await connection.execute(LINE, identifier, 1)
    await connection.execute(POSITION, str(identifier), at)
    return identifier


async def count(connection: asyncpg.Connection, table: str) -> int:
    return int(await connection.fetchval(f"SELECT count(*) FROM {table}"))  # noqa: S608 - names of ours


async def names(connection: asyncpg.Connection, table: str) -> list[str]:
    """Return the names of a table's partitions, without the table's."""
    family = ORDERS if table in ORDERS.tables else POSITIONS
    found = await partitions.partitions(connection, family)
    return [one.name.removeprefix(f"{table}_") for one in found if one.table == table]


async def have_a_place_for_every_row(connection: asyncpg.Connection) -> bool:
    """Say whether the partitions of each table follow one another without a gap, alike within a family."""
    for family in FAMILIES:
        found = await partitions.partitions(connection, family)
        bounds = [
            sorted(
                (one.start or datetime.min.replace(tzinfo=UTC), one.end)
                for one in found
                if one.table == table
            )
            for table in family.tables
        ]
        for of_table in bounds:
            assert of_table == bounds[0]
            assert of_table[-1][1] is None
            assert [end for _, end in of_table[:-1]] == [start for start, _ in of_table[1:]]
    return True


async def test_a_new_database_has_the_months_that_are_near(connection: asyncpg.Connection) -> None:
    months = [f"{month(NOW, plus):%Y_%m}" for plus in range(AHEAD + 1)]

    assert await names(connection, "orders") == [*months, "future", "past"]
    assert await maintain(connection, FAMILIES, NOW) == []
    assert await have_a_place_for_every_row(connection)


async def test_every_partitioned_table_is_looked_after(connection: asyncpg.Connection) -> None:
    rows = await connection.fetch("SELECT partrelid::regclass::text AS name FROM pg_partitioned_table")

    assert {row["name"] for row in rows} == {table for family in FAMILIES for table in family.tables}


async def test_months_are_created_ahead_and_once(connection: asyncpg.Connection) -> None:
    later = month(NOW, 2)

    changes = await maintain(connection, FAMILIES, later)
    again = await maintain(connection, FAMILIES, later)

    expected = [f"{month(NOW, plus):%Y_%m}" for plus in (AHEAD + 1, AHEAD + 2)]
    tables = [table for family in FAMILIES for table in family.tables]
    assert {change.partition for change in changes} == {f"{t}_{name}" for t in tables for name in expected}
    assert {change.what for change in changes} == {"created"}
    assert again == []
    assert await have_a_place_for_every_row(connection)


@pytest.mark.parametrize("months", [-300, -1, 0, 1, AHEAD, AHEAD + 1, 300])
async def test_a_row_of_any_month_is_written_and_found(connection: asyncpg.Connection, months: int) -> None:
    identifier = await write(connection, month(NOW, months))

    assert await connection.fetchval("SELECT status FROM orders WHERE id = $1", identifier) == "placed"
    assert await connection.fetchval("SELECT quantity FROM order_lines WHERE order_id = $1", identifier) == 1
    assert await connection.fetchval("SELECT recorded_at FROM courier_positions") == month(NOW, months)


async def test_a_month_starts_with_its_first_millisecond(connection: asyncpg.Connection) -> None:
    start = month(NOW, 1)
    for at in (start - timedelta(milliseconds=1), start):
        await write(connection, at)

    for table in ("orders", "order_lines", "courier_positions"):
        for plus in (0, 1):
            assert await count(connection, f"{table}_{month(NOW, plus):%Y_%m}") == 1


async def test_months_that_are_no_longer_kept_are_detached_with_their_rows(
    connection: asyncpg.Connection,
) -> None:
    identifier = await write(connection, NOW)
    this_month = f"{NOW:%Y_%m}"

    last = await maintain(connection, FAMILIES, month(NOW, POSITIONS.keep))
    kept = await count(connection, "courier_positions")
    first = await maintain(connection, FAMILIES, month(NOW, POSITIONS.keep + 1))
    detached = [change.partition for change in first if change.what == "detached"]
    gone = await count(connection, "courier_positions")
    long_after = await maintain(connection, FAMILIES, month(NOW, ORDERS.keep + 1))

    assert {change.what for change in last} == {"created"}
    assert (kept, gone) == (1, 0)
    assert detached == [f"courier_positions_{this_month}"]
    assert f"orders_{this_month}" in [one.partition for one in long_after if one.what == "detached"]
    assert await count(connection, "orders") == 0
    # The rows are still there, and still refer to one another.
    assert await count(connection, f"courier_positions_{this_month}") == 1
    await connection.execute(f"DELETE FROM orders_{this_month} WHERE id = $1", identifier)  # noqa: S608
    assert await count(connection, f"order_lines_{this_month}") == 0
    assert await have_a_place_for_every_row(connection)
    await write(connection, NOW)  # late, and not refused


async def test_rows_that_came_while_nobody_looked_after_partitions_get_one_of_their_own(
    connection: asyncpg.Connection,
) -> None:
    late = month(NOW, AHEAD + 6)
    identifiers = [await write(connection, month(NOW, AHEAD + plus)) for plus in (1, 3, 6)]
    first = f"{month(NOW, AHEAD + 1):%Y_%m}"

    changes = await maintain(connection, FAMILIES, late)

    assert f"orders_{first}" in [change.partition for change in changes]
    assert await count(connection, f"orders_{first}") == 3
    assert await count(connection, "orders_future") == 0
    assert await have_a_place_for_every_row(connection)
    assert {row["id"] for row in await connection.fetch("SELECT id FROM orders")} == set(identifiers)
    await write(connection, late)
    await maintain(connection, FAMILIES, month(late, 2))
    assert await have_a_place_for_every_row(connection)


async def test_rows_of_a_clock_that_is_wrong_are_reported_and_stop_no_write(
    connection: asyncpg.Connection,
) -> None:
    late = month(NOW, AHEAD + 6)
    for at in (month(NOW, AHEAD + 1), month(late, 100)):
        await write(connection, at)
    before = await names(connection, "orders")

    with pytest.raises(PartitionsError, match=r"orders_future has rows of before and after .* clock"):
        await maintain(connection, FAMILIES, late)

    assert await names(connection, "orders") == before
    await write(connection, late)


async def test_rows_only_of_a_far_future_are_in_nobodys_way(connection: asyncpg.Connection) -> None:
    await write(connection, month(NOW, 300))

    await maintain(connection, FAMILIES, month(NOW, 1))

    assert f"{month(NOW, AHEAD + 1):%Y_%m}" in await names(connection, "orders")
    assert await count(connection, "orders_future") == 1


async def test_a_table_that_is_busy_is_given_up_and_tried_later(
    connection: asyncpg.Connection, name: str, primary: postgres.Running
) -> None:
    other = await asyncpg.connect(primary.url, database=name)
    transaction = other.transaction()
    await transaction.start()
    await write(other, NOW)

    with pytest.raises(asyncpg.LockNotAvailableError):
        await maintain(connection, FAMILIES, month(NOW, 1))
    await write(other, NOW)
    await transaction.commit()
    await other.close()

    assert {change.what for change in await maintain(connection, FAMILIES, month(NOW, 1))} == {"created"}


async def test_a_detachment_that_was_not_finished_is_finished_later(
    connection: asyncpg.Connection, name: str, primary: postgres.Running
) -> None:
    await maintain(connection, FAMILIES, month(NOW, POSITIONS.keep))
    later = month(NOW, POSITIONS.keep + 1)
    await maintain(connection, [Family(tables=POSITIONS.tables, by="time", keep=1000)], later)
    other = await asyncpg.connect(primary.url, database=name)
    transaction = other.transaction()
    await transaction.start()
    await other.execute(POSITION, "c-2", later)  # has the table until its transaction ends

    with pytest.raises(asyncpg.LockNotAvailableError):
        await maintain(connection, [POSITIONS], later)
    leaving = [one.name for one in await partitions.partitions(connection, POSITIONS) if one.is_leaving]
    await write(connection, later)
    await transaction.commit()
    await other.close()
    changes = await maintain(connection, [POSITIONS], later)

    assert leaving == [f"courier_positions_{NOW:%Y_%m}"]
    assert changes == [(leaving[0], "detached")]
    assert await have_a_place_for_every_row(connection)


async def test_the_fences_of_new_months_are_as_those_of_the_table(
    connection: asyncpg.Connection, shop: Database
) -> None:
    off = month(NOW, AHEAD + 1)
    await maintain(connection, FAMILIES, month(NOW, 1))
    await write(connection, off)
    async with shop.transaction() as session:
        await ownership.fence(session, await ownership.unfenced(session))
    await maintain(connection, FAMILIES, month(NOW, 2))

    for at in (off, month(NOW, AHEAD + 2), month(NOW, 300), month(NOW, -300)):
        with pytest.raises(asyncpg.PostgresError, match="is not on this shard"):
            await write(connection, at)
    assert await shop.read(ownership.unfenced, "strong") == []


async def test_a_line_needs_its_order_and_goes_with_it(connection: asyncpg.Connection) -> None:
    identifier = await write(connection, NOW)

    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await connection.execute(LINE, uuid7(), 1)
    await connection.execute("DELETE FROM orders WHERE id = $1", identifier)

    assert await count(connection, "order_lines") == 0


@pytest.mark.parametrize(
    ("query", "tables"),
    [
        ("SELECT * FROM orders WHERE id = $1", {"orders"}),
        ("SELECT * FROM order_lines WHERE order_id = $1 ORDER BY line_no", {"order_lines"}),
        (
            "SELECT * FROM orders AS o JOIN order_lines AS l ON l.order_id = o.id WHERE o.id = $1",
            {"orders", "order_lines"},
        ),
        ("UPDATE orders SET status = 'paid' WHERE id = $1", {"orders"}),
    ],
)
@pytest.mark.parametrize("plans", ["force_custom_plan", "force_generic_plan"])
async def test_what_is_looked_up_by_an_id_is_looked_for_in_one_month(
    connection: asyncpg.Connection, query: str, tables: set[str], plans: str
) -> None:
    identifier = await write(connection, NOW)
    await connection.execute(f"SET plan_cache_mode = {plans}")
    await connection.execute(f"PREPARE look (uuid) AS {query}")

    plan = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE look ('{identifier}')")

    assert scanned(json.loads(plan)[0]["Plan"]) == {f"{table}_{NOW:%Y_%m}" for table in tables}


async def test_positions_of_some_days_are_looked_for_in_their_months(connection: asyncpg.Connection) -> None:
    plan = await connection.fetchval(
        "EXPLAIN (FORMAT JSON) SELECT * FROM courier_positions "  # noqa: S608 - times of ours
        f"WHERE courier_id = 'c-1' AND recorded_at >= '{month(NOW)}' AND recorded_at < '{month(NOW, 1)}'"
    )

    assert scanned(json.loads(plan)[0]["Plan"]) == {f"courier_positions_{NOW:%Y_%m}"}


def scanned(plan: dict[str, Any]) -> set[str]:
    """Return the tables that a plan's scans read, but for those that never ran."""
    own = {plan["Relation Name"]} if "Scan" in plan["Node Type"] and "Relation Name" in plan else set()
    return own.union(*(scanned(part) for part in plan.get("Plans", [])))


async def test_of_several_instances_one_works_and_the_others_find_nothing_to_do(
    connection: asyncpg.Connection, shop: Database
) -> None:
    await connection.execute("ALTER TABLE courier_positions DETACH PARTITION courier_positions_future")
    await connection.execute(f"DROP TABLE courier_positions_{month(NOW, AHEAD):%Y_%m}")
    await connection.execute(
        "ALTER TABLE courier_positions ATTACH PARTITION courier_positions_future "
        f"FOR VALUES FROM ('{month(NOW, AHEAD)}') TO (MAXVALUE)"
    )
    instances = [Maintenance(shop, AdvisoryLockElection(shop, partitions.LOCK), FAMILIES) for _ in range(3)]

    done = await asyncio.gather(*(instance.once() for instance in instances))

    created = [(f"courier_positions_{month(NOW, AHEAD):%Y_%m}", "created")]
    assert sorted(done) == [[], [], created]


async def test_an_instance_looks_after_partitions_while_it_runs(
    shop: Database, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "AHEAD", AHEAD + 1)
    caplog.set_level(logging.INFO, "app.platform.partitions")

    async with Maintenance(shop, AdvisoryLockElection(shop, partitions.LOCK), FAMILIES).running():
        await until(lambda: len(caplog.records) == 3)  # one a table

    assert {record.getMessage() for record in caplog.records} == {"partition created"}


async def test_while_the_database_is_down_it_is_tried_again(
    settings: Settings, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "AFTER_FAILURE", 0.01)

    async with broken(settings) as down:
        election = AdvisoryLockElection(down, partitions.LOCK)
        async with Maintenance(down, election, FAMILIES).running():
            await until(lambda: len(caplog.records) > 1)

    assert {record.getMessage() for record in caplog.records} == {"lost the lead"}
