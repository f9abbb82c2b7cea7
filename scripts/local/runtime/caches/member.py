"""One node of a replication group: its Redis server's process, and what that says of itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.ports import HOST
from scripts.local.runtime.servers import redis
from scripts.local.runtime.supervisor import ProcessSpec

RESTART_DELAY = 0.5
# A primary that came back would be empty, and so would its replicas then: one of them is to take over before.
RESTART_DELAY_OF_GUARDED = 10.0
PROBE_PATIENCE = 1.0
SAVE_PATIENCE = 10.0


@dataclass
class Member:
    """A server for a node at `port`, with a `folder` of its own."""

    identifier: str
    port: int
    folder: Path

    @property
    def name(self) -> str:
        """What its process is called."""
        return f"cache-{self.identifier}"

    def spec(self, eviction: str, *, primary_port: int | None = None, guarded: bool = False) -> ProcessSpec:
        """Return how it is run: as a replica where `primary_port` is given; `guarded` by one otherwise."""
        return self._spec(
            redis.command(self.port, primary_port, eviction),
            leads=primary_port is None,
            restart_delay=RESTART_DELAY_OF_GUARDED if guarded else RESTART_DELAY,
        )

    def _spec(self, command: list[str], *, leads: bool, restart_delay: float) -> ProcessSpec:
        self.folder.mkdir(parents=True, exist_ok=True)
        return ProcessSpec(
            name=self.name,
            role="cache" if leads else "cache-replica",
            command=command,
            directory=self.folder,
            environment={},
            port=self.port,
            restart_delay=restart_delay,
        )

    async def replication(self) -> Mapping[str, Any] | None:
        """Return what it says of its part in replication, None where it does not answer."""
        try:
            async with self._client(PROBE_PATIENCE) as client:
                answer: Mapping[str, Any] = await client.info("replication")
        except (RedisError, OSError):
            return None
        return answer

    async def save(self) -> None:
        """Have it write what it knows into its folder, where its next process finds it.

        Raises:
            LocalRuntimeError: it cannot.
        """
        try:
            async with self._client(SAVE_PATIENCE) as client:
                await client.save()
        except (RedisError, OSError) as error:
            raise LocalRuntimeError(f"{self.name} does not save what it knows: {error}") from error

    def forget_saved(self) -> None:
        """Remove what it wrote: one that is killed comes back empty, as a node of ElastiCache does."""
        (self.folder / redis.SAVED).unlink(missing_ok=True)

    def _client(self, patience: float) -> Redis:
        return Redis(
            host=HOST,
            port=self.port,
            socket_timeout=patience,
            socket_connect_timeout=patience,
            retry=Retry(NoBackoff(), 0),
        )
