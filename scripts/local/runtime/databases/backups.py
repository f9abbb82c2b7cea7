"""Backups of the primaries while they serve, snapshots as they are asked for, and instances made of both."""

import asyncio
import logging
import shutil
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from scripts.local.runtime.context import Context
from scripts.local.runtime.databases.archive import Archive
from scripts.local.runtime.databases.deployed import Origin
from scripts.local.runtime.databases.instance import Instance
from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.servers import unprivileged
from scripts.local.runtime.servers.postgres import Login, Server

logger = logging.getLogger(__name__)

# Seconds that the log may take until it is archived.
ARCHIVED_WITHIN = 10.0
# A commit that is later than whatever is to be in a backup: recovery finds there that it has all.
MARK = "SELECT pg_current_xact_id()::text"
SWITCH = "SELECT pg_walfile_name(pg_switch_wal())"
SNAPSHOTS = "snapshots"
INSTANCES = "instances"
# What a server is told that keeps no backups: archiving can be begun without a restart.
NOTHING_KEPT = {"archive_mode": "on", "archive_command": "true"}


class Backups:
    """The archives of all instances, and the snapshots."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._task: asyncio.Task[None] | None = None

    def settings(self, identifier: str, retention: int) -> dict[str, str]:
        """Return what a primary is to be told, which keeps backups for so many days."""
        return self._archive(identifier).settings if retention else NOTHING_KEPT

    async def begin(self, identifier: str) -> None:
        """Have an empty archive for a new instance."""
        await self._remove(identifier)
        folder = unprivileged.place(self._context.state.resolve()) / "backups"
        for parent in (folder, folder / INSTANCES, folder / SNAPSHOTS):
            unprivileged.hand_over(parent)
        self._archive(identifier).prepare()

    async def forget(self, identifier: str) -> None:
        """Remove an instance's archive."""
        await self.close()  # a copy that is being made would come back
        await self._remove(identifier)

    def keep(self, instance: Instance) -> None:
        """Copy a primary's data when it is time to, beside everything else and one at a time."""
        if self._task is not None and not self._task.done():
            return
        archive = self._archive(instance.identifier)
        if _archives(instance) and archive.is_due():
            self._task = asyncio.create_task(self._copy(archive, instance))
        elif not _archives(instance) and archive.bases():  # from which the log leads nowhere any more
            self._task = asyncio.create_task(self.begin(instance.identifier))

    async def follow(
        self, snapshots: Mapping[str, Mapping[str, Any]], instances: Mapping[str, Instance]
    ) -> None:
        """Keep what the snapshots have that AWS tells of, and nothing of others."""
        for path in (self._folder() / SNAPSHOTS).glob("*"):
            if path.name not in snapshots:
                await asyncio.to_thread(shutil.rmtree, path)
        for name, described in snapshots.items():
            instance = instances.get(described["DBInstanceIdentifier"])
            if instance is not None and instance.answers and not self._snapshot(name).exists():
                await self._take(name, described, instance)

    async def restore(
        self, origin: Origin, source: Instance | None, server: Server, settings: Mapping[str, str]
    ) -> tuple[Login, Login]:
        """Make a server's data of a snapshot, or of a `source`; return the logins that RDS has there.

        Raises:
            LocalRuntimeError: that cannot be, or not yet.
        """
        moment = origin.moment
        if origin.snapshot:
            kept = self._snapshot(origin.snapshot)
            if not kept.exists():
                raise LocalRuntimeError(
                    f"Nothing is kept of the snapshot {origin.snapshot!r}: it is not complete yet, or was not"
                    " taken by `blueprint db snapshot` or CreateDBSnapshot while its instance ran here."
                )
            archive = Archive(kept)
            moment = archive.moment
        else:
            archive = self._archive(origin.instance)
            if source is None:
                raise LocalRuntimeError(f"The instance {origin.instance!r} does not run here.")
            await self._flush(source)
            self._require_reachable(archive, moment)
        base = await asyncio.to_thread(archive.restore, server, moment, settings)
        name, at = server.folder.name, f"at {moment}" if moment else "last"
        what = f"snapshot {origin.snapshot} has" if origin.snapshot else f"{origin.instance} had {at}"
        self._context.timeline.tell("health", name, f"{name} is restored: it has what {what}")
        return base.own

    async def close(self) -> None:
        """Wait for what goes on: it takes seconds at most."""
        if self._task is not None:
            await asyncio.wait([self._task])

    def _require_reachable(self, archive: Archive, moment: datetime | None) -> None:
        bases = archive.bases()
        if not bases:
            raise LocalRuntimeError("There is no backup yet: the first is made once all is healthy.")
        if moment is not None and moment < bases[0].complete_at:
            raise LocalRuntimeError(
                f"Nothing leads back to {moment}: the oldest backup is of {bases[0].complete_at}. Delete the"
                " instance, and restore to a later time."
            )

    async def _copy(self, archive: Archive, instance: Instance) -> None:
        try:
            await asyncio.to_thread(archive.add_base, instance.server, instance.own)
        except (LocalRuntimeError, OSError) as error:  # tried again: it may be failing over
            logger.warning("%s: no backup: %s", instance.spec.name, error)

    async def _take(self, name: str, described: Mapping[str, Any], instance: Instance) -> None:
        await self.close()
        archive = self._archive(instance.identifier)
        try:
            if not archive.bases():
                await asyncio.to_thread(archive.add_base, instance.server, instance.own)
            await self._flush(instance)
            moment = described.get("OriginalSnapshotCreateTime") or described["SnapshotCreateTime"]
            await asyncio.to_thread(archive.take_snapshot, moment, self._snapshot(name))
            sentence = f"snapshot {name} of {instance.spec.name} is complete"
            self._context.timeline.tell("health", instance.spec.name, sentence)
        except (LocalRuntimeError, OSError) as error:
            logger.warning("snapshot %s: %s", name, error)

    async def _flush(self, instance: Instance) -> None:
        """Have all archived that a primary has written."""
        archive = self._archive(instance.identifier)
        if not _archives(instance):
            return
        await instance.execute(MARK)
        segment = str(await instance.value(SWITCH))
        deadline = time.monotonic() + ARCHIVED_WITHIN
        while not archive.has(segment):
            if time.monotonic() > deadline:
                raise LocalRuntimeError(f"{instance.spec.name} does not archive its log: see its log file.")
            await asyncio.sleep(0.05)

    async def _remove(self, identifier: str) -> None:
        await asyncio.to_thread(shutil.rmtree, self._archive(identifier).folder, ignore_errors=True)

    def _archive(self, identifier: str) -> Archive:
        return Archive(self._folder() / INSTANCES / identifier)

    def _snapshot(self, name: str) -> Path:
        return self._folder() / SNAPSHOTS / name

    def _folder(self) -> Path:
        return unprivileged.place(self._context.state.resolve()) / "backups"


def _archives(instance: Instance) -> bool:
    return instance.settings["archive_command"] != NOTHING_KEPT["archive_command"]
