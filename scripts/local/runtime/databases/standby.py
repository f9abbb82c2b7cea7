"""A Multi-AZ instance: a second server that has every commit, and takes over at the same address.

As at RDS, nobody can ask the standby, and the address of the instance leads to whichever serves. Here that is
a port: who takes over starts there. Primary and standby are in two zones, of which AWS tells:
RebootDBInstance with ForceFailover swaps them, be it that somebody wants a failover, or that one has come
about.
"""

import asyncio
import dataclasses
import shutil
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from scripts.local.runtime.context import Context
from scripts.local.runtime.databases.deployed import Description
from scripts.local.runtime.databases.instance import Instance
from scripts.local.runtime.databases.promotion import promote
from scripts.local.runtime.servers.postgres import Server

# Seconds for which the primary must not answer. One that was killed is back before that.
FAILOVER_AFTER = 3.0
NAME = "standby"
# Commits would wait for a standby for ever that is lost: they wait for it only while it is there.
FOLLOW = "ALTER SYSTEM SET synchronous_standby_names = 'standby'"
LEAD_ALONE = "ALTER SYSTEM SET synchronous_standby_names = ''"
RELOAD = "SELECT pg_reload_conf()"
STATE = """
    SELECT sync_state FROM pg_stat_replication
    WHERE application_name = 'standby' AND state = 'streaming'
"""


class Standby:
    """The standby of a primary. `port` is its own until it takes over."""

    def __init__(self, context: Context, description: Description, primary: Instance, port: int) -> None:
        self._context = context
        self._identifier: str = description["DBInstanceIdentifier"]
        self._zone: str = description["AvailabilityZone"]  # of the primary
        self._primary = primary
        self._port = port
        self.instance: Instance | None = None
        """Its server, if it follows."""
        self._failed_at: float | None = None
        self.in_step = False
        self.is_untold = False
        """Whether AWS does not know yet that it has taken over."""

    @property
    def name(self) -> str:
        """What its process is called."""
        return f"database-{self._identifier}-{NAME}"

    @property
    def folder(self) -> Path:
        """Where its data is."""
        return self._primary.server.folder.with_name(self.name)

    async def follow(self) -> None:
        """Have it stream from the primary, which answers; commits wait for it while it does.

        Raises:
            LocalRuntimeError: it cannot be made, or the primary does not answer after all.
        """
        if self.instance is None:
            self.instance = await self._create()
        await self._context.supervisor.ensure(self.instance.spec)
        healthy, detail = await self.instance.check()
        self._context.supervisor.report_health(self.name, healthy=healthy, detail=detail)
        if self.instance.is_astray:
            await self.stop()
        await self._keep_in_step(await self._primary.value(STATE))
        self._failed_at = None

    def is_to_take_over(self) -> bool:
        """Note that the primary does not answer; tell whether it has not for too long."""
        now = time.monotonic()
        self._failed_at = self._failed_at or now
        return self.in_step and now - self._failed_at >= FAILOVER_AFTER

    def is_wanted(self, description: Description) -> bool:
        """Tell whether somebody wants it to take over: for AWS, the primary is in another zone by now."""
        return self.in_step and description["AvailabilityZone"] != self._zone

    async def take_over(self, slots: Sequence[str], *, planned: bool) -> Instance:
        """End the primary and serve in its place; `slots` are those that replicas stream through.

        If it is `planned`, the primary still answers, and AWS knows.

        Raises:
            LocalRuntimeError: it does not start.
        """
        primary = self._primary
        await self._end(primary, kill=not planned)
        await self.stop(keep=True)
        await asyncio.to_thread(self._take_place)
        server = Server(primary.server.installation, primary.server.folder, primary.server.port)
        found = await promote(self._context, self._identifier, server, primary.own, primary.settings)
        for slot in slots:
            await found.add_slot(slot)
        self._primary, self.in_step, self._failed_at = found, False, None
        self.is_untold = not planned
        return found

    async def tell(self) -> None:
        """Have AWS know that it has taken over.

        Raises:
            ClientError, BotoCoreError: AWS has not heard it.
        """
        answer = await self._context.aws.call(
            "rds", "reboot_db_instance", DBInstanceIdentifier=self._identifier, ForceFailover=True
        )
        self.note_zone(answer["DBInstance"])
        self.is_untold = False

    def note_zone(self, description: Description) -> None:
        """Note where the primary is."""
        self._zone = description["AvailabilityZone"]

    async def disconnect(self) -> None:
        """Drop the connection to it."""
        if self.instance is not None:
            await self.instance.disconnect()

    async def stop(self, *, keep: bool = False) -> None:
        """End it, and remove its data unless it is to be kept."""
        await self.disconnect()
        self.instance = None
        await self._context.supervisor.stop(self.name)
        if not keep:
            await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)

    async def _create(self) -> Instance:
        primary = self._primary
        server = Server(primary.server.installation, self.folder, self._port)
        settings = {**primary.settings, "cluster_name": NAME}  # by which the primary knows it
        if settings.get("archive_mode") == "on":
            settings["archive_mode"] = "always"  # a primary that dies may not have archived all
        found = Instance(f"{self._identifier}-{NAME}", server, primary.own, settings, primary)
        found.spec = dataclasses.replace(found.spec, role=NAME)
        if self._context.supervisor.inherits(found.spec):
            return found
        await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)
        await primary.drop_slot(NAME)
        await asyncio.to_thread(server.clone, primary.server.port, primary.own[1], NAME, settings)
        return found

    async def _keep_in_step(self, state: object) -> None:
        streams = state is not None
        if streams != self.in_step or (streams and state != "sync"):
            await self._primary.execute(FOLLOW if streams else LEAD_ALONE)
            await self._primary.execute(RELOAD)
        self.in_step = streams

    async def _end(self, primary: Instance, *, kill: bool) -> None:
        """End the primary for good, also one that stands still: two must never serve."""
        await primary.disconnect()
        if kill:
            self._context.supervisor.send_signal(primary.spec.name, signal.SIGKILL)
        await self._context.supervisor.stop(primary.spec.name)

    def _take_place(self) -> None:
        """Put its data in the place of the primary's."""
        place = self._primary.server.folder
        shutil.rmtree(place, ignore_errors=True)
        self.folder.rename(place)
