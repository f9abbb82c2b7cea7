"""How PostgreSQL answers each query of the shop where there are a million orders."""

import ast
import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from app.platform.database import ReadSession
from app.platform.partitions import AHEAD
from app.platform.settings import DatabaseSettings
from scripts.db.plans import Plan, compared, plans_of
from scripts.db.queries import QUERIES, Samples
from scripts.local.runtime.servers import postgres
from tests.app.administrator import administrator_of
from tests.app.crowd import LARGE, gather
from tests.app.fleet import create, drop
from tests.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
STATEMENT = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b")
INDEXES = "SELECT oid, relname FROM pg_class WHERE relkind IN ('i', 'I') ORDER BY oid"
# The seed runs once, by hand; migrations once a database.
LEFT_OUT = ("app/migrations", "app/seed")


@pytest.fixture(scope="session")
def crowded(migrated: dict[str, str], primary: postgres.Running) -> Iterator[str]:
    """A database with a million orders."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in migrated.items():
            patch.setenv(name, value)
        names = asyncio.run(create(DatabaseSettings.from_environment(migrated), primary, 1))

    async def fill() -> None:
        connection = await administrator_of(primary, names[0])
        await gather(connection)
        await connection.close()

    asyncio.run(fill())
    yield names[0]
    asyncio.run(drop(primary, names))


@pytest.fixture
async def connection(crowded: str, primary: postgres.Running) -> AsyncIterator[asyncpg.Connection]:
    """A connection to it."""
    opened = await asyncpg.connect(primary.url, database=crowded, timeout=PATIENCE)
    yield opened
    await opened.close()


def read_whole(plans: list[Plan]) -> set[str]:
    """Return the large tables, or their months, that plans read whole; partitions at the ends are empty."""
    found = {table for plan in plans for table in plan.read_whole}
    return {table for table in found if table.startswith(LARGE) and not table.endswith(("_past", "_future"))}


@pytest.mark.parametrize("name", QUERIES)
async def test_no_query_reads_a_large_table_from_end_to_end(
    connection: asyncpg.Connection, name: str
) -> None:
    samples = await Samples.of(ReadSession(connection))  # type: ignore[arg-type] # as good as a pool's

    plans = await plans_of(connection, QUERIES[name], samples, analyze=False)

    assert plans
    assert read_whole(plans) == set()


async def test_every_statement_on_a_large_table_is_asked_by_a_query_with_a_name(
    connection: asyncpg.Connection,
) -> None:
    samples = await Samples.of(ReadSession(connection))  # type: ignore[arg-type] # as good as a pool's
    asked = set()
    for ask in QUERIES.values():
        plans = await plans_of(connection, ask, samples, analyze=False)
        asked |= {without_values(plan.sql) for plan in plans}

    compares_words = await connection.fetchval("SELECT to_regproc('word_similarity') IS NOT NULL")
    forgotten = {
        place: sql
        for place, sql in statements().items()
        if is_large(sql)
        and without_values(sql) not in asked
        and (compares_words or "word_similarity" not in sql)  # which this server cannot be asked
    }

    assert forgotten == {}, "Give each a query in scripts/db/queries.py, and its plan is tested here"


def statements() -> dict[str, str]:
    """Return the statements in the code of the shop and of its functions, by where they stand."""
    found = {}
    for path in sorted([*(ROOT / "app").rglob("*.py"), *(ROOT / "lambdas").rglob("*.py")]):
        place = str(path.relative_to(ROOT))
        if place.startswith(LEFT_OUT):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and STATEMENT.match(node.value):
                found[f"{place}:{node.lineno}"] = node.value
    return found


def is_large(sql: str) -> bool:
    return any(re.search(rf"\b{table}\b", sql) for table in LARGE)


def without_values(sql: str) -> str:
    """Return a statement by which it can be told from others, however its values are named."""
    return " ".join(re.sub(r"(?<!:):\w+|\$\d+", "?", sql).split())


async def test_a_query_without_an_index_is_found_out(connection: asyncpg.Connection) -> None:
    samples = await Samples.of(ReadSession(connection))  # type: ignore[arg-type] # as good as a pool's

    plans = await plans_of(
        connection,
        lambda session, _: session.rows("SELECT FROM orders WHERE total_minor = $1", 7),
        samples,
        analyze=False,
    )

    assert len(read_whole(plans)) == AHEAD + 1


async def test_without_its_index_a_query_reads_the_table_and_afterwards_the_index_is_there(
    connection: asyncpg.Connection,
) -> None:
    samples = await Samples.of(ReadSession(connection))  # type: ignore[arg-type] # as good as a pool's

    found = await compared(connection, QUERIES["orders.order"], samples)
    again = await compared(connection, QUERIES["orders.order"], samples)

    assert found.indexes == again.indexes == ["order_lines_pkey", "orders_pkey"]
    assert read_whole(found.with_indexes) == set()
    assert {table.rpartition("s_")[0] for table in read_whole(found.without)} == {"order", "order_line"}
    usual, without = (plans[0].nodes[0] for plans in (found.with_indexes, found.without))
    assert usual.rows == without.rows == 1
    assert usual.cost * 100 < without.cost
    assert usual.buffers * 100 < without.buffers


@pytest.mark.parametrize("name", QUERIES)
async def test_every_query_is_asked_without_its_indexes_and_afterwards_they_are_there(
    connection: asyncpg.Connection, name: str
) -> None:
    samples = await Samples.of(ReadSession(connection))  # type: ignore[arg-type] # as good as a pool's
    before = await connection.fetch(INDEXES)

    found = await compared(connection, QUERIES[name], samples)

    assert not {index for plan in found.without for index in plan.indexes}.intersection(found.indexes)
    assert await connection.fetch(INDEXES) == before


async def test_a_query_that_writes_leaves_nothing_behind(connection: asyncpg.Connection) -> None:
    samples = await Samples.of(ReadSession(connection))  # type: ignore[arg-type] # as good as a pool's
    count = "SELECT count(*) FROM reservations"

    found = await compared(connection, QUERIES["inventory.reserve"], samples)

    assert len(found.with_indexes) == 1
    assert await connection.fetchval(count) == 0
