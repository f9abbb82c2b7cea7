"""RDS instances as real PostgreSQL servers: primaries, and read replicas that stream from them."""

import asyncio
import contextlib
import json
import logging
import shutil
from collections.abc import Mapping
from typing import Any

import asyncpg

from scripts.local.runtime.context import Context
from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.ports import HOST
from scripts.local.runtime.servers import postgres, postgres_installation, unprivileged
from scripts.local.runtime.servers.postgres import Login, Server
from scripts.local.runtime.supervisor import ProcessSpec

logger = logging.getLogger(__name__)

ENGINE = "postgres"
RESTART_DELAY = 0.5
PROBE_PATIENCE = 2.0
STATE = "SELECT pg_is_in_recovery(), EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming')"
# What PostgreSQL falls back to in RDS when an instance was created without a database name.
DEFAULT_DATABASE = "postgres"


class Databases:
    """Keeps a PostgreSQL server for each RDS instance; a replica is cloned once its source answers."""

    name = "databases"
    after: tuple[str, ...] = ()

    def __init__(self, context: Context) -> None:
        self._context = context
        self._instances: dict[str, _Instance] = {}
        self._ports: dict[str, int] = {}

    async def reconcile(self) -> bool:
        """Start, check and remove servers as RDS describes them; True when each answers."""
        described = await self._describe()
        for identifier in self._instances.keys() - described.keys():
            await self._remove(identifier)
        healthy = True
        # Sources come before their replicas.
        for description in sorted(described.values(), key=lambda found: bool(_source(found))):
            healthy &= await self._reconcile(description)
        return healthy

    async def close(self) -> None:
        """Close the connections that health checks hold."""
        await asyncio.gather(*(instance.disconnect() for instance in self._instances.values()))

    async def _describe(self) -> dict[str, dict[str, Any]]:
        answer = await self._context.aws.collect("rds", "describe_db_instances")
        return {
            found["DBInstanceIdentifier"]: found
            for found in answer["DBInstances"]
            if found["Engine"] == ENGINE and found["DBInstanceStatus"] != "deleting"
        }

    async def _reconcile(self, description: Mapping[str, Any]) -> bool:
        identifier = description["DBInstanceIdentifier"]
        source = self._instances.get(_source(description) or "")
        if _source(description) and (source is None or not source.answered):
            return False  # its turn comes when there is something to stream from
        if identifier not in self._instances:
            instance = await self._create(description, source)
            self._instances[identifier] = instance
        instance = self._instances[identifier]
        await self._context.supervisor.ensure(instance.spec)
        healthy, detail = await instance.check()
        if healthy:  # not before: who needs it starts as soon as it has an address
            self._publish(instance, description)
        self._context.supervisor.report_health(instance.spec.name, healthy=healthy, detail=detail)
        return healthy

    async def _create(self, description: Mapping[str, Any], source: "_Instance | None") -> "_Instance":
        """Prepare the server of an instance; what an earlier, failed attempt left behind is done again."""
        identifier = description["DBInstanceIdentifier"]
        installation = await asyncio.to_thread(postgres_installation.find, self._context.state)
        wanted = await self._parameters(description)
        settings = postgres.accepted(installation, wanted)
        ignored = [f"{name}={value}" for name, value in wanted.items() if settings.get(name) != value]
        if ignored:
            logger.info("database-%s: has no effect here, or not all: %s", identifier, ", ".join(ignored))
        folder = unprivileged.place(self._context.state) / f"database-{identifier}"
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        if source is None:
            master = await self._master(description)
            server = Server(installation, folder, self._port(identifier, "database"))
            own = (Login.generate(postgres.ADMINISTRATOR), Login.generate(postgres.REPLICATOR))
            database = description.get("DBName") or DEFAULT_DATABASE
            await asyncio.to_thread(
                server.initialise, database=database, master=master, own=own, settings=settings
            )
            return _Instance(identifier, server, own, settings)
        server = Server(installation, folder, self._port(identifier, "database_replica"))
        settings, slot = postgres.standby_settings(source.settings, settings), _slot(identifier)
        await source.drop_slot(slot)
        await asyncio.to_thread(server.clone, source.server.port, source.own[1], slot, settings)
        return _Instance(identifier, server, source.own, settings, source)

    def _port(self, identifier: str, name: str) -> int:
        if identifier not in self._ports:
            self._ports[identifier] = self._context.ports.take(name)
        return self._ports[identifier]

    async def _parameters(self, description: Mapping[str, Any]) -> dict[str, str]:
        """Return the parameters that the instance's parameter groups set."""
        parameters: dict[str, str] = {}
        for group in description["DBParameterGroups"]:
            name = group["DBParameterGroupName"]
            if not name.startswith("default."):
                answer = await self._context.aws.collect(
                    "rds", "describe_db_parameters", DBParameterGroupName=name, Source="user"
                )
                found = answer["Parameters"]
                parameters |= {one["ParameterName"]: one.get("ParameterValue", "") for one in found}
        return parameters

    async def _master(self, description: Mapping[str, Any]) -> Login:
        """Return the master user's login from the secret that names the instance: RDS never tells it."""
        aws = self._context.aws
        listed = await aws.collect("secretsmanager", "list_secrets")
        for secret in listed["SecretList"]:
            with contextlib.suppress(aws.client("secretsmanager").exceptions.ResourceNotFoundException):
                answer = await aws.call("secretsmanager", "get_secret_value", SecretId=secret["ARN"])
                login = _login(answer.get("SecretString", ""), description)
                if login is not None:
                    return login
        raise LocalRuntimeError(
            f"No secret in Secrets Manager names the RDS instance {description['DBInstanceIdentifier']!r} (as"
            " dbInstanceIdentifier or host), so its master password is unknown. Deploy a secret of RDS's form"
            " for it; the database starts as soon as it is there."
        )

    def _publish(self, instance: "_Instance", description: Mapping[str, Any]) -> None:
        name = "database" if instance.source is None else "database_replica"
        local, endpoint = f"{HOST}:{instance.server.port}", description["Endpoint"]
        if self._context.addresses.named().get(name, local) != local:
            name = instance.spec.name  # the first of its kind has the short name
        self._context.addresses.publish(f"{endpoint['Address']}:{endpoint['Port']}", local, name)

    async def _remove(self, identifier: str) -> None:
        instance = self._instances.pop(identifier)
        self._ports.pop(identifier, None)
        await instance.disconnect()
        await self._context.supervisor.stop(instance.spec.name)
        if instance.source is not None:
            await instance.source.drop_slot(_slot(identifier))
        await asyncio.to_thread(shutil.rmtree, instance.server.folder, ignore_errors=True)


class _Instance:
    """One server, and the connection that its health checks hold open.

    `own` are the logins of RDS's own roles, `settings` the parameters that it follows, `source` what a
    replica streams from.
    """

    def __init__(
        self,
        identifier: str,
        server: Server,
        own: tuple[Login, Login],
        settings: Mapping[str, str],
        source: "_Instance | None" = None,
    ) -> None:
        self.server = server
        self.own = own
        self.settings = settings
        self.source = source
        self.answered = False
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
        try:
            async with asyncio.timeout(PROBE_PATIENCE):
                if self._connection is None or self._connection.is_closed():
                    self._connection = await self._connect()
                is_standby, streams = await self._connection.fetchrow(STATE) or (False, False)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            await self.disconnect()
            return False, f"does not answer: {error or type(error).__name__}"
        if is_standby != (self.source is not None):
            return False, f"is {'a standby' if is_standby else 'no standby'}"
        self.answered = True
        return True, "" if streams or not is_standby else "does not stream from its primary at present"

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


def _source(description: Mapping[str, Any]) -> str | None:
    source: str | None = description.get("ReadReplicaSourceDBInstanceIdentifier")
    return source.rpartition(":")[2] if source else None  # an ARN where the source is of another region


def _slot(identifier: str) -> str:
    """Return a replication slot's name, which may have lower-case letters, digits and underscores."""
    return identifier.lower().replace("-", "_")


def _login(secret: str, description: Mapping[str, Any]) -> Login | None:
    try:
        document = json.loads(secret)
    except ValueError:
        return None
    if not isinstance(document, dict) or not {"username", "password"} <= document.keys():
        return None
    named = document.get("dbInstanceIdentifier") == description["DBInstanceIdentifier"]
    if named or document.get("host") == description["Endpoint"]["Address"]:
        return Login(document["username"], document["password"])
    return None
