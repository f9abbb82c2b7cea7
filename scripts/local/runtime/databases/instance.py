"""One database instance: its server's process, and the connection that its health checks hold open."""

import asyncio
import contextlib
import time
from collections.abc import Mapping

import asyncpg

from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.ports import HOST
from scripts.local.runtime.servers import postgres
from scripts.local.runtime.servers.postgres import Login, Server
from scripts.local.runtime.supervisor import ProcessSpec

RESTART_DELAY = 0.5
PROBE_PATIENCE = 3.0
# Seconds for which a replica may not stream from a primary that answers: it will not find back by itself. It
# had more of the log than who took over has, or the log that it lacks is gone.
STRAYS_AFTER = 10.0
STATE = """
    SELECT
        pg_is_in_recovery(),
        EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming'),
        ARRAY(SELECT name FROM pg_settings WHERE pending_restart ORDER BY name)
"""


class Instance:
    """A server, with what the runtime knows of it.

    `own` are the logins of RDS's own roles, `settings` the parameters that it follows, `source` what a
    replica streams from.
    """

    def __init__(
        self,
        identifier: str,
        server: Server,
        own: tuple[Login, Login],
        settings: Mapping[str, str],
        source: "Instance | None" = None,
    ) -> None:
        self.identifier = identifier
        self.server = server
        self.own = own
        self.settings = settings
        self.source = source
        self.answered = False
        self.answers = False
        self._strays_since: float | None = None
        self.spec = ProcessSpec(
            name=f"database-{identifier}",
            role="database" if source is None else "replica",
            command=server.command,
            directory=server.folder,
            environment={"LC_ALL": "C"},
            port=server.port,
            user=server.installation.user,
            restart_delay=RESTART_DELAY,
            stop_signal=postgres.STOP_SIGNAL,
        )
        self._connection: asyncpg.Connection | None = None

    async def check(self) -> tuple[bool, str]:
        """Return whether the server answers in its role, and what is to be said about it."""
        self.answers, streams, detail = await self._ask()
        if streams or not self.answers or self.source is None or not self.source.answers:
            self._strays_since = None
        elif self._strays_since is None:
            self._strays_since = time.monotonic()
        return self.answers, detail

    @property
    def is_astray(self) -> bool:
        """Whether it is a replica that has to be cloned anew."""
        return self._strays_since is not None and time.monotonic() - self._strays_since >= STRAYS_AFTER

    async def _ask(self) -> tuple[bool, bool, str]:
        """Return whether it answers in its role, whether it streams, and what is to be said about it."""
        try:
            async with asyncio.timeout(PROBE_PATIENCE):
                if self._connection is None or self._connection.is_closed():
                    self._connection = await self._connect()
                is_standby, streams, pending = await self._connection.fetchrow(STATE) or (False, False, [])
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            await self.disconnect()
            return False, False, f"does not answer: {error or type(error).__name__}"
        if is_standby != (self.source is not None):
            return False, False, f"is {'a standby' if is_standby else 'no standby'}"
        self.answered = True
        if is_standby and not streams:
            return True, False, "does not stream from its primary at present"
        return True, streams, f"pending-reboot: {', '.join(pending)}" if pending else ""

    async def follow(self, settings: Mapping[str, str]) -> None:
        """Take over changed parameters: dynamic ones at once, static ones when the server restarts."""
        self.server.configure(settings)
        if self._connection is not None:
            await self._connection.execute("SELECT pg_reload_conf()")
        self.settings = settings

    async def execute(self, sql: str) -> None:
        """Run a statement.

        Raises:
            LocalRuntimeError: the server does not answer, or refuses it.
        """
        await self.value(sql)

    async def value(self, sql: str, *values: object) -> object:
        """Run a statement, and return the first value that it answers, None for none.

        Raises:
            LocalRuntimeError: the server does not answer, or refuses it.
        """
        try:
            async with asyncio.timeout(PROBE_PATIENCE):
                connection = await self._connect()
                try:
                    found: object = await connection.fetchval(sql, *values)
                    return found
                finally:
                    connection.terminate()
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise LocalRuntimeError(f"{self.spec.name}: {error or 'does not answer'}") from error

    async def add_slot(self, slot: str) -> None:
        """Keep the log for a replica that streams through this slot.

        Raises:
            LocalRuntimeError: as of `value`.
        """
        await self.value("SELECT pg_create_physical_replication_slot($1)", slot)

    async def drop_slot(self, slot: str) -> None:
        """Drop the slot of a replica that is gone: the primary would keep its log for it."""
        if self._connection is not None:
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._connection.execute("SELECT pg_drop_replication_slot($1)", slot)

    async def disconnect(self) -> None:
        """Drop the connection, without waiting for a server that may be gone."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()

    async def _connect(self) -> asyncpg.Connection:
        administrator = self.own[0]
        return await asyncpg.connect(
            host=HOST,
            port=self.server.port,
            user=administrator.username,
            password=administrator.password,
            database="postgres",
            ssl=False,
            server_settings={"application_name": "blueprint health check"},
        )
