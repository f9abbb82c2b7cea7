"""Applies the schema's migrations: `python -m app.platform.migrations upgrade`.

Every instance runs it before it starts the shop. An advisory lock lets one of them work while the others
wait, and all steps are one transaction: they are applied together or not at all.
"""

import argparse
import asyncio
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import aclosing
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from asyncpg import PostgresError
from sqlalchemy import Connection, NullPool, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from app.platform import founding, shards
from app.platform.aws import Aws
from app.platform.postgres import Entrance
from app.platform.problems import UnavailableError
from app.platform.secret import DatabaseSecret
from app.platform.settings import DatabaseSettings, SettingsError

SCRIPTS = Path(__file__).parents[1] / "migrations"
LOCK = 0x6D696772617465  # "migrate": the advisory lock of whoever migrates
PATIENCE = 60  # seconds to wait for a database that is starting or changing over
EMPTY = "empty"

Step = Callable[[Config, str], None]
STEPS: dict[str, Step] = {"upgrade": command.upgrade, "downgrade": command.downgrade}


class MigrationError(Exception):
    """A migration cannot be read or applied; the message says which, why, and what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m app.platform.migrations", description="Migrate the database."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("upgrade", help="apply every migration that is missing")
    downgrade = commands.add_parser("downgrade", help="take migrations back")
    downgrade.add_argument("revision", help="the revision to go back to; 'base' for an empty database")
    new = commands.add_parser("new", help="write the file of a new migration")
    new.add_argument("message", help="what it does, in a few words")
    given = parser.parse_args(arguments)
    try:
        if given.command == "new":
            done = _write_new(given.message)
        else:
            settings = DatabaseSettings.from_environment()
            step, target = STEPS[given.command], getattr(given, "revision", "head")
            done = asyncio.run(migrate_all(settings, step, target, SCRIPTS))
    except (MigrationError, SettingsError, UnavailableError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except DBAPIError as error:
        sys.stderr.write(f"error: the database was lost while it was asked: {error.orig}. Run this again.\n")
        return 1
    sys.stdout.write(f"{done}\n")
    return 0


async def migrate_all(settings: DatabaseSettings, step: Step, target: str, scripts: Path) -> str:
    """Bring every shard to the target, one after the other, and found the shards; return what was done.

    Raises:
        MigrationError: a migration cannot be read or applied. The shards before that one have it.
        UnavailableError: a database does not answer within a minute.
    """
    with Aws() as aws:
        found = await shards.addresses(settings, aws)
        said = {number: await migrate(own, step, target, scripts) for number, own in found.items()}
        if len(said) == 1:
            return said[1]
        if step is command.upgrade:
            async with shards.databases_of(found, aws, "migrations") as databases:
                await founding.found(databases)
    return "\n".join(f"Shard {number}: {done}" for number, done in said.items())


async def migrate(settings: DatabaseSettings, step: Step, target: str, scripts: Path) -> str:
    """Bring the database to the target with Alembic's `upgrade` or `downgrade`; return what was done.

    Raises:
        MigrationError: a migration cannot be read or applied.
        UnavailableError: the database does not answer within a minute.
    """
    with Aws() as aws:
        entrance = Entrance(
            address=settings.writer,
            database=settings.database,
            sslmode=settings.sslmode,
            secret=DatabaseSecret(aws, settings.secret_arn),
            session={"application_name": "migrations"},
            query_timeout=None,
        )
        engine = create_async_engine(
            "postgresql+asyncpg://", async_creator=entrance.connect, poolclass=NullPool
        )
        async with aclosing(await _connection(engine)) as connection:
            return await connection.run_sync(_migrate, step, target, scripts)


async def _connection(engine: AsyncEngine) -> AsyncConnection:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return await engine.connect()
        except UnavailableError:
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(1)


def _migrate(connection: Connection, step: Step, target: str, scripts: Path) -> str:
    connection.execute(text("SET statement_timeout = 0"))  # a proxy has limits for requests
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK})
    # Rather fail than stand before a busy table, with all who want it waiting behind.
    connection.execute(text("SET lock_timeout = '10s'"))
    before = _revision(connection)
    config = _config(scripts)
    config.attributes["connection"] = connection
    try:
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        if step is command.upgrade and before != EMPTY and before not in known:
            return f"The database is at revision {before}, which a newer release brought: nothing to do."
        step(config, target)
    except Exception as error:
        connection.rollback()
        raise MigrationError(_explain(error, scripts, _revision(connection))) from error
    after = _revision(connection)
    if after == before:
        return f"The database is at revision {after}: nothing to do."
    return f"The database went from revision {before} to {after}."


def _revision(connection: Connection) -> str:
    revision = MigrationContext.configure(connection).get_current_revision() or EMPTY
    connection.commit()  # end the transaction of the look, so that Alembic begins its own
    return revision


def _explain(error: Exception, scripts: Path, revision: str) -> str:
    """Say which migration failed, why, and what state that leaves."""
    reason = str(error)
    if isinstance(error, DBAPIError) and error.orig and isinstance(error.orig.__cause__, PostgresError):
        said = error.orig.__cause__
        reason = f"PostgreSQL said: {said} (SQLSTATE {said.sqlstate})"
    elif not isinstance(error, CommandError):
        reason = f"{type(error).__name__}: {error}"
    state = "empty" if revision == EMPTY else f"at revision {revision}"
    return (
        f"{_culprit(error, scripts)} failed.\n"
        f"  {reason}\n"
        f"  Nothing was applied: the database is {state}, as before.\n"
        "  Mend the migration and deploy again; until then the release before it goes on running."
    )


def _culprit(error: Exception, scripts: Path) -> str:
    """Return the migration that an error came out of, as its revision, file and line."""
    places = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError):
        places.append((error.filename or "", error.lineno))
    for filename, line in reversed(places):
        path = Path(filename)
        if path.parent == scripts / "versions":
            return f"Migration {path.stem.partition('_')[0]} ({path.name}, line {line})"
    return f"The migration of {scripts.name}/"


def _config(scripts: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return config


def _write_new(message: str) -> str:
    config = _config(SCRIPTS)
    newest = ScriptDirectory.from_config(config).get_current_head()
    command.revision(config, message, rev_id=f"{int(newest or 0) + 1:04}")  # says where it wrote it
    return "Fill in upgrade() and downgrade()."


if __name__ == "__main__":
    sys.exit(main())
