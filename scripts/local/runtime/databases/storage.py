"""What the data of each instance takes of its storage, and what happens where nothing of that is left.

The storage of an instance has the size that AWS tells. Nothing bounds a folder without root, so the runtime
measures and keeps to it: an instance that has nothing free is `storage-full`, and takes no writes until it
has. At RDS the writes of PostgreSQL fail one by one then, and it ends where its log finds no place; here
transactions are read-only by default. To who wants to write both are alike, and here nothing is at stake.

Ballast fills an instance on purpose. It is a size in a note, not a file: nobody's disk is to be full of it.
"""

import asyncio
import os
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from scripts.local.aws import doors
from scripts.local.runtime import local_aws
from scripts.local.runtime.context import Context
from scripts.local.runtime.control.minute import MINUTE
from scripts.local.runtime.databases.deployed import Description
from scripts.local.runtime.databases.instance import Instance
from scripts.local.runtime.notes import FOLDER, Notes

GIB = 2**30
BLOCK = 512  # bytes; what `st_blocks` counts in
FULL = "storage-full"
READ_ONLY = {"default_transaction_read_only": "on"}
# Who began to write before goes on writing: nothing is lost that was not committed.
END_WRITERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND state LIKE 'idle in transaction%' AND backend_xid IS NOT NULL
"""


@dataclass(frozen=True, kw_only=True)
class Volume:
    """The storage of an instance: `allocated`, and the `maximum` that RDS lets it grow to, in GiB.

    `used` and `ballast` are in bytes; without a maximum it does not grow.
    """

    allocated: int
    maximum: int | None
    used: int
    ballast: int = 0

    @property
    def free(self) -> int:
        """Bytes that are free."""
        return max(0, self.allocated * GIB - self.used - self.ballast)


class Storage:
    """Measures the storage of all instances, and keeps primaries that have none left from writing."""

    def __init__(self, context: Context) -> None:
        self._context = context
        # By fault: what is filled by it. Else nobody knew, who takes over from a runtime.
        self._filled = Notes(context.state / FOLDER / "storage.json")
        self._measured_until: dict[str, float] = {}
        self.volumes: dict[str, Volume] = {}
        """As they were measured last, by the identifier of their instance."""

    def fill(self, fault: str, identifiers: Iterable[str]) -> None:
        """Fill instances: all that is free, and all that becomes free of what they have now."""
        ballast = {name: self.volumes[name].allocated * GIB for name in identifiers if name in self.volumes}
        self._filled.note(fault, ballast)

    def empty(self, fault: str) -> None:
        """Take away what a fault has filled instances with."""
        self._filled.note(fault, {})

    def forget(self, identifier: str) -> None:
        """Forget an instance that is gone."""
        self.volumes.pop(identifier, None)
        self._measured_until.pop(identifier, None)

    def settings(self, identifier: str) -> Mapping[str, str]:
        """Return what a primary is to be told because of its storage."""
        volume = self.volumes.get(identifier)
        return READ_ONLY if volume is not None and not volume.free else {}

    async def measure(self, instance: Instance, description: Description) -> bool:
        """Measure, once a minute of CloudWatch; True when it has become full, or is not any more."""
        name = instance.identifier
        before = self.volumes.get(name)
        now = time.monotonic()
        used = 0 if before is None else before.used
        if now >= self._measured_until.get(name, 0.0):
            used = await asyncio.to_thread(size_of, instance.server.data)
            self._measured_until[name] = now + MINUTE
        self.volumes[name] = volume = Volume(
            allocated=description["AllocatedStorage"],
            maximum=description.get("MaxAllocatedStorage"),
            used=used,
            ballast=sum(ballast.get(name, 0) for ballast in self._filled.known().values()),
        )
        return bool(volume.free) != bool(before is None or before.free)

    async def keep(self, instance: Instance, description: Description) -> str:
        """End who still writes to an instance that is full; have AWS and people know when one is, or was.

        Return what is to be said about it while it is full, else "".

        Raises:
            LocalRuntimeError: the server or AWS does not answer.
        """
        name, volume = instance.spec.name, self.volumes[instance.identifier]
        full = instance.source is None and not volume.free
        if full:
            await instance.execute(END_WRITERS)
        if full != (description["DBInstanceStatus"] == FULL):
            await self._tell(name, description, volume, full=full)
        return f"{FULL}: takes no writes" if full else ""

    async def _tell(self, name: str, description: Description, volume: Volume, *, full: bool) -> None:
        told = {"arn": description["DBInstanceArn"], "full": full}
        await local_aws.ask(self._context.aws.endpoint, "PUT", doors.DATABASE_STORAGE, told)
        size = f"{volume.allocated} GiB of storage"
        has_none = f"{name} has nothing left of its {size}: it is {FULL}, and takes no writes"
        has_some = f"{name} has {volume.free / GIB:.1f} of its {size} free: it takes writes again"
        self._context.timeline.tell("health", name, has_none if full else has_some)


def size_of(folder: Path) -> int:
    """Return how many bytes a folder's files take, which may come and go meanwhile."""
    size = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                size += Path(parent, name).lstat().st_blocks * BLOCK
    return size
