"""Has databases tell of their storage, and grow before it is full, as RDS does it by itself.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html
What RDS foresees from the last hour is left out, and so is that a volume is optimised after it has grown.
"""

import logging
from collections.abc import Mapping

from scripts.local.runtime.context import Context
from scripts.local.runtime.control.datum import Datum, single
from scripts.local.runtime.control.minute import MINUTE
from scripts.local.runtime.databases import Databases
from scripts.local.runtime.databases.storage import GIB, Volume

logger = logging.getLogger(__name__)

LOW = 0.1  # the share of its storage that is free at most where an instance grows
LOW_FOR = 5 * MINUTE
LEAST, SHARE = 10, 0.1  # GiB, and share of what it has, by which it grows at least
DAY = 24 * 60 * MINUTE
MOST_A_DAY = 4  # times


class StorageAutoscaling:
    """Raises the allocated storage of instances that may have more."""

    name = "storage autoscaling"

    def __init__(self, context: Context, databases: Databases) -> None:
        self._context = context
        self._databases = databases
        self._low_since: dict[str, float] = {}
        self._grown_at: dict[str, list[float]] = {}

    async def step(self, now: float) -> None:
        """Let those grow that have been low up to `now`, in seconds since the epoch, for long enough."""
        volumes = self._databases.volumes()
        low = {key for key, one in volumes.items() if one.free <= LOW * one.allocated * GIB}
        self._low_since = {key: self._low_since.get(key, now) for key in low}
        for identifier, since in self._low_since.items():
            volume = volumes[identifier]
            recent = [at for at in self._grown_at.get(identifier, []) if now - at < DAY]
            if now - since >= LOW_FOR and grown(volume) > volume.allocated and len(recent) < MOST_A_DAY:
                await self._grow(identifier, volume)
                self._grown_at[identifier] = [*recent, now]
                self._low_since[identifier] = now

    async def _grow(self, identifier: str, volume: Volume) -> None:
        size = grown(volume)
        await self._context.aws.call(
            "rds",
            "modify_db_instance",
            DBInstanceIdentifier=identifier,
            AllocatedStorage=size,
            ApplyImmediately=True,
        )
        subject, sizes = f"database-{identifier}", f"{volume.allocated} to {size} GiB"
        sentence = f"the storage of {subject} grew from {sizes}: a tenth or less was free"
        logger.info(sentence)
        self._context.timeline.tell("scaling", subject, sentence)


def grown(volume: Volume) -> int:
    """Return the GiB that an instance has after it has grown once; what it has, where it may have no more."""
    wanted = volume.allocated + max(LEAST, round(SHARE * volume.allocated))
    return max(volume.allocated, min(wanted, volume.maximum or 0))


def of_databases(volumes: Mapping[str, Volume]) -> list[Datum]:
    """Return the free storage of every instance."""
    return [
        single("FreeStorageSpace", {"DBInstanceIdentifier": identifier}, volume.free, "Bytes")
        for identifier, volume in volumes.items()
    ]
