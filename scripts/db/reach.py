"""The way to the shop's databases: those of the local stack, or those that the environment names."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.platform import shards
from app.platform.aws import Aws
from app.platform.database import Database
from app.platform.postgres import Entrance
from app.platform.secret import DatabaseSecret
from app.platform.settings import Address, DatabaseSettings, SettingsError
from scripts.db.errors import DbError
from scripts.local.instances import environment_of_an_instance

if TYPE_CHECKING:
    from asyncpg import Connection, Record

APPLICATION = "blueprint db"
LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Reach:
    """The shards by number, 1 where there is one database."""

    shards: Mapping[int, DatabaseSettings]
    aws: Aws

    @property
    def is_laptop(self) -> bool:
        """Whether all of it is on this machine, where nobody minds what is tried."""
        return all(settings.writer.host in LOOPBACK for settings in self.shards.values())

    @asynccontextmanager
    async def connection(
        self, shard: int, reader: Address | None = None
    ) -> "AsyncIterator[Connection[Record]]":
        """Open a connection to a shard's primary, or to one of its replicas.

        Raises:
            UnavailableError: it is down.
        """
        settings = self.shards[shard]
        entrance = Entrance(
            address=reader or settings.writer,
            database=settings.database,
            sslmode=settings.sslmode,
            secret=DatabaseSecret(self.aws, settings.secret_arn),
            session={"application_name": APPLICATION},
            query_timeout=None,
        )
        connection = await entrance.connect()
        try:
            yield connection
        finally:
            await connection.close()

    @asynccontextmanager
    async def databases(self) -> AsyncIterator[dict[int, Database]]:
        """Open all shards as the shop does."""
        async with shards.databases_of(self.shards, self.aws, APPLICATION) as found:
            yield found


@asynccontextmanager
async def reached(state: Path) -> AsyncIterator[Reach]:
    """Find the databases: the environment's, where it names one, else those of the local stack in `state`.

    Raises:
        DbError: no local stack runs, or the environment is wrong.
        UnavailableError: the directory of shards does not answer.
    """
    environ = dict(os.environ) if "DATABASE_WRITER" in os.environ else _of_an_instance(state)
    os.environ.update({name: value for name, value in environ.items() if name.startswith("AWS_")})
    try:
        settings = DatabaseSettings.from_environment(environ)
        with Aws() as aws:
            yield Reach(await shards.addresses(settings, aws), aws)
    except SettingsError as error:
        raise DbError(str(error)) from None


def _of_an_instance(state: Path) -> dict[str, str]:
    """Return the environment that a running app instance was given."""
    environ = environment_of_an_instance(state)
    if environ is None:
        raise DbError(
            "no local stack runs, and DATABASE_WRITER is not set. Start one with: make up. To look at "
            "another stack, set DATABASE_WRITER, DATABASE_NAME and DATABASE_SECRET_ARN as its instances do."
        )
    return environ
