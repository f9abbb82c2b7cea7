"""Keeps the servers that are described: starts, checks, reconfigures and removes them."""

import asyncio
import contextlib
import logging
import shutil
import signal
from collections.abc import Iterable, Mapping

from scripts.local.aws import doors
from scripts.local.runtime import local_aws
from scripts.local.runtime.context import Context
from scripts.local.runtime.databases import deployed, kept
from scripts.local.runtime.databases.backups import Backups
from scripts.local.runtime.databases.deployed import Description
from scripts.local.runtime.databases.instance import Instance
from scripts.local.runtime.databases.promotion import promote
from scripts.local.runtime.databases.standby import Standby
from scripts.local.runtime.databases.storage import Storage, Volume
from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.ports import HOST
from scripts.local.runtime.servers import postgres, postgres_installation, unprivileged
from scripts.local.runtime.servers.postgres import Login, Server

logger = logging.getLogger(__name__)

# What PostgreSQL falls back to in RDS when an instance was created without a database name.
DEFAULT_DATABASE = "postgres"
# Seconds for which parameters are not read again: they seldom change.
PARAMETERS_AGE = 10.0


class Databases:
    """Keeps a PostgreSQL server for each RDS instance; a replica is cloned once its source answers."""

    name = "databases"
    after: tuple[str, ...] = ()

    def __init__(self, context: Context) -> None:
        self._context = context
        self._instances: dict[str, Instance] = {}
        self._ports: dict[str, int] = {}
        self._parameters_until: dict[str, float] = {}
        self._standbys: dict[str, Standby] = {}
        self._backups = Backups(context)
        self._storage = Storage(context)
        self._told_addresses: dict[str, str] = {}

    async def reconcile(self) -> bool:
        """Start, check and remove servers as RDS describes them; True when each answers."""
        described = await deployed.instances(self._context.aws)
        await self._tell_addresses(described.values())
        await self._backups.follow(await deployed.snapshots(self._context.aws), self._instances)
        for identifier in self._instances.keys() - described.keys():
            await self._remove(identifier)
        healthy = True
        # Sources come before their replicas.
        problems = []
        for description in sorted(described.values(), key=lambda found: bool(deployed.source(found))):
            try:
                healthy &= await self._reconcile(description)
            except LocalRuntimeError as error:  # the others go on
                problems.append(error)
        if problems:
            raise problems[0]
        return healthy

    async def close(self) -> None:
        """Close the connections that health checks hold, and end backups."""
        await self._backups.close()
        await asyncio.gather(*(instance.disconnect() for instance in self._instances.values()))
        await asyncio.gather(*(standby.disconnect() for standby in self._standbys.values()))

    async def run(self, process: str, sql: str) -> None:
        """Run a statement as RDS's own superuser on the server of a process.

        Raises:
            LocalRuntimeError: there is none, or it does not answer.
        """
        standbys = (standby.instance for standby in self._standbys.values())
        for instance in (*self._instances.values(), *standbys):
            if instance is not None and instance.spec.name == process:
                await instance.execute(sql)
                return
        raise LocalRuntimeError(f"{process} is no database.")

    def volumes(self) -> Mapping[str, Volume]:
        """Return the storage of each instance, by its identifier."""
        return self._storage.volumes

    def fill(self, fault: str, processes: Iterable[str]) -> None:
        """Have nothing left of the storage of primaries, until `empty` ends the fault.

        Raises:
            LocalRuntimeError: a process is none of a primary that serves.
        """
        primaries = {one.spec.name: key for key, one in self._instances.items() if one.source is None}
        for process in processes:
            if primaries.get(process) not in self._storage.volumes:
                there = ", ".join(sorted(primaries)) or "none"
                raise LocalRuntimeError(f"{process} is no primary that serves. There are: {there}.")
        self._storage.fill(fault, [primaries[process] for process in processes])

    def empty(self, fault: str) -> None:
        """Take away what a fault has filled."""
        self._storage.empty(fault)

    async def _reconcile(self, description: Description) -> bool:
        identifier = description["DBInstanceIdentifier"]
        source = self._instances.get(deployed.source(description) or "")
        if deployed.source(description) and (source is None or not source.answered):
            return False  # its turn comes when there is something to stream from
        if identifier not in self._instances:
            self._instances[identifier] = await self._create(description, source)
        if source is None and self._instances[identifier].source is not None:
            await self._promote(description)
        instance = self._instances[identifier]
        await self._context.supervisor.ensure(instance.spec)
        healthy, detail = await instance.check()
        if instance.is_astray:
            await self._let_go(identifier)
            return False  # it is cloned anew
        guards = source is None and description.get("MultiAZ")
        if guards and await self._guard(description, answers=healthy):
            instance = self._instances[identifier]
            healthy, detail = await instance.check()
        if healthy:  # not before: who needs it starts as soon as it has an address
            self._publish(instance, description)
            if await self._storage.measure(instance, description):
                self._parameters_until[identifier] = 0.0
            await self._follow_parameters(instance, description)
            detail = await self._storage.keep(instance, description) or detail
            if source is None and self._context.settled:
                self._backups.keep(instance)
        self._context.supervisor.report_health(instance.spec.name, healthy=healthy, detail=detail)
        return healthy

    async def _guard(self, description: Description, *, answers: bool) -> bool:
        """Keep the standby of a primary; True when it has taken over: from one that fails, or as wanted."""
        standby = self._standby(description)
        if standby.is_untold:
            await standby.tell()
            return False  # what AWS says of its zones is older than that
        follows = answers and await self._follow(standby)
        planned = follows and standby.is_wanted(description)
        if planned or (not follows and standby.is_to_take_over()):
            await self._fail_over(standby, description, planned=planned)
            return True
        return False

    def _standby(self, description: Description) -> Standby:
        identifier = description["DBInstanceIdentifier"]
        if identifier not in self._standbys:
            port = self._context.ports.take("standby", f"{identifier} standby")
            self._standbys[identifier] = Standby(
                self._context, description, self._instances[identifier], port
            )
        return self._standbys[identifier]

    async def _fail_over(self, standby: Standby, description: Description, *, planned: bool) -> None:
        """Have a standby take over, its replicas follow it, and AWS tell of it."""
        identifier = description["DBInstanceIdentifier"]
        primary = self._instances[identifier]
        tell, name = self._context.timeline.tell, primary.spec.name
        why = "is to fail over" if planned else "does not answer"
        tell("health", name, f"{name} {why}: its standby takes over")
        replicas = {key: one for key, one in self._instances.items() if one.source is primary}
        taken = await standby.take_over([_slot(key) for key in replicas], planned=planned)
        await asyncio.to_thread(kept.keep, taken.server.folder, description, taken.own)
        self._instances[identifier] = taken
        for replica in replicas.values():
            replica.source = taken
        tell("health", name, f"{name} serves again at its address, with all that was committed")
        if planned:
            standby.note_zone(description)
        else:
            await standby.tell()

    async def _follow(self, standby: Standby) -> bool:
        """Have a standby follow; False where the primary answers only those that were connected before."""
        try:
            await standby.follow()
        except LocalRuntimeError as error:
            logger.warning("%s does not follow: %s", standby.name, error)
            return False
        return True

    async def _create(self, description: Description, source: Instance | None) -> Instance:
        """Prepare the server of an instance; what an earlier, failed attempt left behind is done again."""
        identifier = description["DBInstanceIdentifier"]
        installation = await asyncio.to_thread(postgres_installation.find, self._context.state)
        folder = unprivileged.place(self._context.state) / f"database-{identifier}"
        server = Server(installation, folder, self._port(description))
        settings = await self._settings(server, description, source)
        if source is None:
            own = await self._own_data(server, description, settings)
            return Instance(identifier, server, own, settings)
        replica = Instance(identifier, server, source.own, settings, source)
        if self._context.supervisor.inherits(replica.spec):
            return replica
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        slot = _slot(identifier)
        await source.drop_slot(slot)
        await asyncio.to_thread(server.clone, source.server.port, source.own[1], slot, settings)
        return replica

    async def _own_data(
        self, server: Server, description: Description, settings: Mapping[str, str]
    ) -> tuple[Login, Login]:
        """Have a primary's data: what a runtime that died left of it, else new. Return RDS's own logins."""
        found = kept.recall(server.folder, description)
        if found is not None:
            await asyncio.to_thread(server.configure, settings)
            return found
        await asyncio.to_thread(shutil.rmtree, server.folder, ignore_errors=True)
        identifier = description["DBInstanceIdentifier"]
        await self._backups.begin(identifier)
        origin = await deployed.origin(self._context.aws, description)
        if origin is not None:
            source = self._instances.get(origin.instance)
            own = await self._backups.restore(origin, source, server, settings)
            await asyncio.to_thread(kept.keep, server.folder, description, own)
            return own
        master = await deployed.master(self._context.aws, description)
        own = (Login.generate(postgres.ADMINISTRATOR), Login.generate(postgres.REPLICATOR))
        database = description.get("DBName") or DEFAULT_DATABASE
        await asyncio.to_thread(
            server.initialise, database=database, master=master, own=own, settings=settings
        )
        await asyncio.to_thread(kept.keep, server.folder, description, own)
        return own

    async def _settings(
        self, server: Server, description: Description, source: Instance | None
    ) -> Mapping[str, str]:
        """Return those of the instance's parameters that the server can follow."""
        wanted = await deployed.parameters(self._context.aws, description)
        settings = await asyncio.to_thread(postgres.accepted, server.installation, wanted)
        identifier = description["DBInstanceIdentifier"]
        if source is not None:
            settings = postgres.standby_settings(source.settings, settings)
        else:
            settings |= self._backups.settings(identifier, description["BackupRetentionPeriod"])
            settings |= self._storage.settings(identifier)
        ignored = [f"{name}={value}" for name, value in wanted.items() if settings.get(name) != value]
        if ignored and identifier not in self._instances:
            logger.info("database-%s: has no effect here, or not all: %s", identifier, ", ".join(ignored))
        self._parameters_until[identifier] = asyncio.get_running_loop().time() + PARAMETERS_AGE
        return settings

    async def _follow_parameters(self, instance: Instance, description: Description) -> None:
        if asyncio.get_running_loop().time() < self._parameters_until[description["DBInstanceIdentifier"]]:
            return
        settings = await self._settings(instance.server, description, instance.source)
        if settings != instance.settings:
            logger.info("%s: its parameters have changed", instance.spec.name)
            await instance.follow(settings)

    async def _tell_addresses(self, described: Iterable[Description]) -> None:
        """Have the local AWS know where databases are: some programs ask a table. Another AWS is not told."""
        local = {deployed.address(one): f"{HOST}:{self._port(one)}" for one in described}
        if local != self._told_addresses:
            with contextlib.suppress(LocalRuntimeError):
                await local_aws.ask(
                    self._context.aws.endpoint, "PUT", doors.DATABASE_ADDRESSES, {"local": local}
                )
                self._told_addresses = local

    def _port(self, description: Description) -> int:
        identifier = description["DBInstanceIdentifier"]
        if identifier not in self._ports:
            name = "database_replica" if deployed.source(description) else "database"
            self._ports[identifier] = self._context.ports.take(name, identifier)
        return self._ports[identifier]

    def _publish(self, instance: Instance, description: Description) -> None:
        name = "database" if instance.source is None else "database_replica"
        local = f"{HOST}:{instance.server.port}"
        if self._context.addresses.named().get(name, local) != local:
            name = instance.spec.name  # the first of its kind has the short name
        self._context.addresses.publish(deployed.address(description), local, name)

    async def _promote(self, description: Description) -> None:
        """Make a primary of its own of what AWS describes as no replica any more."""
        identifier = description["DBInstanceIdentifier"]
        replica = self._instances[identifier]
        name, source = replica.spec.name, replica.source
        await replica.disconnect()
        if not replica.answers:  # nobody waits for one that stands still
            self._context.supervisor.send_signal(name, signal.SIGKILL)
        await self._context.supervisor.stop(name)
        await self._backups.begin(identifier)
        settings = await self._settings(replica.server, description, None)
        found = await promote(self._context, identifier, replica.server, replica.own, settings)
        await asyncio.to_thread(kept.keep, found.server.folder, description, found.own)
        self._instances[identifier] = found
        if source is not None:
            await source.drop_slot(_slot(identifier))
        self._context.timeline.tell(
            "health", name, f"{name} is promoted: it takes writes, and follows nobody any more"
        )

    async def _let_go(self, identifier: str) -> None:
        """End a replica that does not find back to its primary."""
        instance = self._instances.pop(identifier)
        name = instance.spec.name
        self._context.timeline.tell(
            "health", name, f"{name} cannot go on from where its primary is: it is cloned anew"
        )
        await instance.disconnect()
        await self._context.supervisor.stop(name)

    async def _remove(self, identifier: str) -> None:
        instance = self._instances.pop(identifier)
        if standby := self._standbys.pop(identifier, None):
            await standby.stop()
        self._ports.pop(identifier, None)
        self._storage.forget(identifier)
        await instance.disconnect()
        await self._context.supervisor.stop(instance.spec.name)
        if instance.source is not None:
            await instance.source.drop_slot(_slot(identifier))
        await self._backups.forget(identifier)
        await asyncio.to_thread(shutil.rmtree, instance.server.folder, ignore_errors=True)


def _slot(identifier: str) -> str:
    """Return a replication slot's name, which may have lower-case letters, digits and underscores."""
    return identifier.lower().replace("-", "_")
