"""Polls the shards of a Kinesis stream and invokes the function with batches of their records."""

import asyncio
import time
from pathlib import Path
from typing import Any

from scripts.local.runtime.context import Context
from scripts.local.runtime.functions import Functions
from scripts.local.runtime.mappings.checkpoints import Checkpoints, Position
from scripts.local.runtime.mappings.mapping import Mapping
from scripts.local.runtime.mappings.poller import Poller
from scripts.local.runtime.mappings.shard import Shard

# Seconds between looks for shards that were opened or closed.
SHARDS_INTERVAL = 10.0


class StreamPoller(Poller):
    """Follows the mapping of a stream: each shard by itself, a child after its parents."""

    def __init__(self, mapping: Mapping, context: Context, functions: Functions, checkpoints: Path) -> None:
        self._checkpoints = Checkpoints(checkpoints)
        self._shards: dict[str, Shard] = {}
        self._followed: dict[str, asyncio.Task[None]] = {}
        super().__init__(mapping, context, functions)

    @property
    def problem(self) -> str:
        """Why it or one of its shards cannot work at the moment; empty while all can."""
        of_shards = (shard.problem for shard in self._shards.values())
        return super().problem or next((problem for problem in of_shards if problem), "")

    def stop(self) -> None:
        """Have it take nothing new and finish the invocations that run now."""
        super().stop()
        for shard in self._shards.values():
            shard.stop()

    async def _poll(self) -> None:
        """Follow the shards that are there now; return when one has ended, or some time has passed."""
        shards = await self._list()
        is_new = self._checkpoints.is_new
        for name in shards:
            if self._checkpoints.get(name) is None:
                self._checkpoints.set(name, self._start() if is_new else Position())
        for name in shards:
            if self._may_follow(name, shards) and not self._stopping.is_set():
                shard = Shard(name, self.mapping, self._context, self._functions, self._checkpoints)
                self._shards[name] = shard
                self._followed[name] = self._work.create_task(self._attempt(name, shard.run()))
        for name, shard in self._shards.items():
            shard.is_closed = name in shards and _is_closed(shards[name])
        running = {task for task in self._followed.values() if not task.done()}
        if running:
            await asyncio.wait(running, timeout=SHARDS_INTERVAL, return_when=asyncio.FIRST_COMPLETED)
        else:
            await self._pause(SHARDS_INTERVAL)

    async def _list(self) -> dict[str, dict[str, Any]]:
        found: list[dict[str, Any]] = []
        arguments = {"StreamName": self.mapping.source_name}
        while True:
            page = await self._context.aws.call("kinesis", "list_shards", **arguments)
            found += page["Shards"]
            if not page.get("NextToken"):
                return {shard["ShardId"]: shard for shard in found}
            arguments = {"NextToken": page["NextToken"]}

    def _start(self) -> Position:
        """Return where a new mapping begins. The latest record is that of now, also after a restart."""
        match self.mapping.starting_position:
            case "LATEST":
                return Position(at=time.time())
            case "AT_TIMESTAMP" if self.mapping.at is not None:
                return Position(at=self.mapping.at.timestamp())
            case _:
                return Position()

    def _may_follow(self, name: str, shards: dict[str, dict[str, Any]]) -> bool:
        """Tell whether the shard is to be read now: records of a key moved from its parents to it."""
        task = self._followed.get(name)
        if self._is_finished(name) or (task is not None and not task.done()):
            return False
        parents = (shards[name].get("ParentShardId"), shards[name].get("AdjacentParentShardId"))
        return all(self._is_finished(parent) for parent in parents if parent in shards)

    def _is_finished(self, name: str) -> bool:
        position = self._checkpoints.get(name)
        return position is not None and position.finished


def _is_closed(shard: dict[str, Any]) -> bool:
    return "EndingSequenceNumber" in shard["SequenceNumberRange"]
