"""Migrations: up, down, at once, and broken."""

import asyncio
import shutil
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from app.platform import migrations
from app.platform.identifiers import first_uuid7
from app.platform.migrations import SCRIPTS, MigrationError, migrate, migrate_all
from app.platform.partitions import month
from app.platform.settings import Address, DatabaseSettings
from app.platform.slots import SLOTS, placed, slot_of_id
from scripts.local.runtime.servers import postgres

ROOT = Path(__file__).resolve().parents[3]
HEAD = str(ScriptDirectory(str(SCRIPTS)).get_current_head())
NEXT = f"{int(HEAD) + 1:04}"
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
PARTITIONED = ("orders", "order_lines", "courier_positions")
SCHEMA = """
    SELECT concat_ws(' ', attrelid::regclass, attname, atttypid::regtype, attnotnull, attgenerated)
    FROM pg_attribute WHERE attrelid::regclass::text = ANY (SELECT tablename FROM pg_tables) AND attnum > 0
    UNION ALL
    SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint
    UNION ALL
    SELECT indexdef FROM pg_indexes
"""
BROKEN = '''
"""Break."""

from alembic import op

revision = "{next}"
down_revision = "{head}"


def upgrade() -> None:
    op.execute("CREATE TABLE fine (id bigint)")
    {statement}
'''


class Empty:
    """A database without tables, and the way to it."""

    def __init__(self, name: str, connection: asyncpg.Connection) -> None:
        self.name = name
        self.connection = connection

    @property
    def settings(self) -> DatabaseSettings:
        return DatabaseSettings.from_environment()

    async def tables(self) -> list[str]:
        return [row["tablename"] for row in await self.connection.fetch(TABLES)]


@pytest.fixture
async def empty(
    variables: dict[str, str], primary: postgres.Running, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Empty]:
    """An empty database, which the environment leads to."""
    name = f"empty_{uuid.uuid4().hex[:8]}"
    server = await asyncpg.connect(primary.url)
    await server.execute(f"CREATE DATABASE {name}")
    monkeypatch.setenv("DATABASE_NAME", name)
    connection = await asyncpg.connect(primary.url, database=name)
    yield Empty(name, connection)
    await connection.close()
    await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await server.close()


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """A copy of the migrations, to be broken."""
    return Path(shutil.copytree(SCRIPTS, tmp_path / "migrations"))


def break_with(scripts: Path, statement: str) -> None:
    broken = BROKEN.format(statement=statement, head=HEAD, next=NEXT)
    (scripts / "versions" / f"{NEXT}_break.py").write_text(broken, encoding="utf-8")


async def test_the_schema_goes_up_and_down_and_up_again(empty: Empty) -> None:
    first = await migrate(empty.settings, command.upgrade, "head", SCRIPTS)
    tables = await empty.tables()
    again = await migrate(empty.settings, command.upgrade, "head", SCRIPTS)
    down = await migrate(empty.settings, command.downgrade, "base", SCRIPTS)
    left_over = await empty.tables()
    await migrate(empty.settings, command.upgrade, "head", SCRIPTS)

    assert first == f"The database went from revision empty to {HEAD}."
    assert again == f"The database is at revision {HEAD}: nothing to do."
    assert down == f"The database went from revision {HEAD} to empty."
    assert {"products", "orders", "order_lines", "outbox", "courier_positions", "courier_latest"} < set(
        tables
    )
    assert left_over == ["alembic_version"]
    assert await empty.tables() == tables


async def test_orders_from_before_the_slots_get_the_one_that_their_id_bears_and_stay(empty: Empty) -> None:
    await migrate(empty.settings, command.upgrade, "0001", SCRIPTS)
    identifier = uuid.uuid4()
    await empty.connection.execute(
        "INSERT INTO orders VALUES ($1, 'ada@example.com', 'placed', 100, 'EUR', now())", identifier
    )
    await empty.connection.execute("INSERT INTO order_lines VALUES ($1, 1, 1, 'Cup', 1, 100)", identifier)

    await migrate(empty.settings, command.upgrade, "0002", SCRIPTS)
    slots = await empty.connection.fetchrow(
        "SELECT o.slot, l.slot FROM orders AS o JOIN order_lines AS l ON l.order_id = o.id"
    )
    await migrate(empty.settings, command.downgrade, "0001", SCRIPTS)

    assert slots is not None
    assert tuple(slots) == (slot_of_id(identifier), slot_of_id(identifier))
    assert await empty.connection.fetchval("SELECT id FROM orders") == identifier


async def test_rows_from_before_the_partitions_are_in_their_months_and_come_back(empty: Empty) -> None:
    await migrate(empty.settings, command.upgrade, "0003", SCRIPTS)
    before = await schema(empty)
    now = datetime.now(UTC)
    times = [now, month(now, -3), month(now, -300), month(now, 300)]
    for at in times:
        identifier = first_uuid7(at)
        await empty.connection.execute(
            "INSERT INTO orders VALUES ($1, 'ada@example.com', 'placed', 100, 'EUR', $2)", identifier, at
        )
        await empty.connection.execute("INSERT INTO order_lines VALUES ($1, 1, 1, 'Cup', 1, 100)", identifier)
        await empty.connection.execute("INSERT INTO courier_positions VALUES ('c-1', $1, 0, 0)", at)
    await empty.connection.execute("ALTER TABLE orders ENABLE TRIGGER shard_fence")

    await migrate(empty.settings, command.upgrade, "0004", SCRIPTS)
    placed = await rows_by_partition(empty)
    fences = await fence_states(empty)
    await migrate(empty.settings, command.downgrade, "0003", SCRIPTS)

    names = [f"{at:%Y_%m}" for at in times[:2]] + ["past", "future"]
    assert placed == {f"{table}_{name}": 1 for table in PARTITIONED for name in names}
    assert fences == {"orders": "O", "order_lines": "D", "outbox": "D"}
    assert await rows_by_partition(empty) == dict.fromkeys(PARTITIONED, 4)
    assert await fence_states(empty) == fences
    assert await schema(empty) == before


async def rows_by_partition(empty: Empty) -> dict[str, int]:
    query = "SELECT tableoid::regclass::text, count(*) FROM {} GROUP BY 1"
    return {
        name: count
        for table in PARTITIONED
        for name, count in await empty.connection.fetch(query.format(table))
    }


async def fence_states(empty: Empty) -> dict[str, str]:
    rows = await empty.connection.fetch(
        "SELECT tgrelid::regclass::text AS name, tgenabled::text AS state FROM pg_trigger "
        "WHERE tgname = 'shard_fence' AND tgparentid = 0"
    )
    return {row["name"]: row["state"] for row in rows}


async def schema(empty: Empty) -> list[str]:
    """Return columns, constraints and indexes as text."""
    rows = await empty.connection.fetch(SCHEMA)
    return sorted(row[0] for row in rows)


async def test_of_instances_that_start_at_once_one_migrates_and_the_others_wait(empty: Empty) -> None:
    said = await asyncio.gather(
        *(migrate(empty.settings, command.upgrade, "head", SCRIPTS) for _ in range(4))
    )

    assert sorted(said) == [
        *[f"The database is at revision {HEAD}: nothing to do."] * 3,
        f"The database went from revision empty to {HEAD}.",
    ]


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (
            'op.execute("CREATE TABLE products (id bigint)")',
            'PostgreSQL said: relation "products" already exists (SQLSTATE 42P07)',
        ),
        ('op.execute("SELEC 1")', 'PostgreSQL said: syntax error at or near "SELEC" (SQLSTATE 42601)'),
        ("opp.execute('SELECT 1')", "NameError: name 'opp' is not defined"),
    ],
)
async def test_a_migration_that_fails_is_named_with_its_reason_and_nothing_is_applied(
    empty: Empty, scripts: Path, statement: str, reason: str
) -> None:
    await migrate(empty.settings, command.upgrade, "head", SCRIPTS)
    before = await empty.tables()
    break_with(scripts, statement)

    with pytest.raises(MigrationError) as raised:
        await migrate(empty.settings, command.upgrade, "head", scripts)

    assert str(raised.value).splitlines() == [
        f"Migration {NEXT} ({NEXT}_break.py, line 12) failed.",
        f"  {reason}",
        f"  Nothing was applied: the database is at revision {HEAD}, as before.",
        "  Mend the migration and deploy again; until then the release before it goes on running.",
    ]
    assert await empty.tables() == before


async def test_all_steps_are_one_so_the_sound_one_before_the_broken_is_taken_back(
    empty: Empty, scripts: Path
) -> None:
    break_with(scripts, 'op.execute("SELECT 1 / 0")')

    with pytest.raises(MigrationError, match="Nothing was applied: the database is empty, as before"):
        await migrate(empty.settings, command.upgrade, "head", scripts)

    assert await empty.tables() == []


async def test_a_migration_that_cannot_be_read_is_named(empty: Empty, scripts: Path) -> None:
    break_with(scripts, "if")

    with pytest.raises(MigrationError, match=rf"Migration {NEXT} \({NEXT}_break.py, line 12\) failed"):
        await migrate(empty.settings, command.upgrade, "head", scripts)


async def test_a_database_that_a_newer_release_migrated_is_left_as_it_is(empty: Empty) -> None:
    await migrate(empty.settings, command.upgrade, "head", SCRIPTS)
    await empty.connection.execute("UPDATE alembic_version SET version_num = '9999'")

    said = await migrate(empty.settings, command.upgrade, "head", SCRIPTS)

    assert said == "The database is at revision 9999, which a newer release brought: nothing to do."


def test_the_command_ends_with_one_message_and_no_traceback(
    empty: Empty,
    scripts: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    break_with(scripts, 'op.execute("SELECT 1 / 0")')
    monkeypatch.setattr(migrations, "SCRIPTS", scripts)

    assert migrations.main(["upgrade"]) == 1

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"error: Migration {NEXT} ({NEXT}_break.py, line 12) failed.\n")
    assert "division by zero" in said.err


def test_a_database_that_does_not_answer_ends_the_command_when_patience_does(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(migrations, "PATIENCE", 0)
    monkeypatch.setenv("DATABASE_WRITER", "127.0.0.1:1")

    assert migrations.main(["upgrade"]) == 1

    assert capsys.readouterr().err.startswith("error: 127.0.0.1:1 does not answer: ")


async def test_every_shard_is_migrated_and_the_shards_are_founded(
    empty: Empty, primary: postgres.Running, tmp_path: Path
) -> None:
    login = primary.master
    with postgres.running(tmp_path, empty.name, login.username, login.password) as second:
        shards = (empty.settings.writer, Address(second.host, second.port))
        settings = empty.settings.model_copy(update={"shards": shards})
        said = await migrate_all(settings, command.upgrade, "head", SCRIPTS)
        again = await migrate_all(settings, command.upgrade, "head", SCRIPTS)
        other = await asyncpg.connect(second.url)
        states = [
            await connection.fetch("SELECT slot, moved_to FROM shard_slots WHERE state = 'owned'")
            for connection in (empty.connection, other)
        ]
        fences = await other.fetch("SELECT tgenabled::text FROM pg_trigger WHERE tgname = 'shard_fence'")
        await other.close()

    assert said.splitlines() == [
        f"Shard 1: The database went from revision empty to {HEAD}.",
        f"Shard 2: The database went from revision empty to {HEAD}.",
    ]
    assert "nothing to do" in again
    owners = {row["slot"]: number for number, rows in enumerate(states, 1) for row in rows}
    assert [owners[slot] for slot in range(SLOTS)] == placed([1, 2])
    assert sum(map(len, states)) == SLOTS
    assert {row["tgenabled"] for row in fences} == {"O"}


def test_the_command_runs_on_its_own_and_explains_a_missing_environment() -> None:
    command_line = [sys.executable, "-m", "app.platform.migrations", "upgrade"]
    ended = subprocess.run(command_line, cwd=ROOT, env={}, capture_output=True, text=True, check=False)

    assert ended.returncode == 1
    assert ended.stderr.startswith("error: The environment of the shop is incomplete or wrong:\n")
    assert "DATABASE_WRITER is missing" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_new_migration_is_numbered_after_the_newest(
    scripts: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(migrations, "SCRIPTS", scripts)

    assert migrations.main(["new", "Add reviews"]) == 0

    said = capsys.readouterr().out.splitlines()
    assert str(scripts / "versions" / f"{NEXT}_add_reviews.py") in said[0]
    assert said[1] == "Fill in upgrade() and downgrade()."
    config = Config()
    config.set_main_option("script_location", str(scripts))
    newest = ScriptDirectory.from_config(config).get_revision(NEXT)
    assert (newest.down_revision, newest.doc) == (HEAD, "Add reviews")
