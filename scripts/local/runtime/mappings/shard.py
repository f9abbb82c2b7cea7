"""Reads one shard of a stream and spreads its records over lanes."""

import asyncio
import contextlib
import hashlib
import logging
import time
from collections.abc import Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from scripts.local.runtime import destinations
from scripts.local.runtime.context import Context
from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.functions import Functions, Invocation
from scripts.local.runtime.mappings import events, failures
from scripts.local.runtime.mappings.checkpoints import Checkpoints, Position, Progress
from scripts.local.runtime.mappings.failures import Condition
from scripts.local.runtime.mappings.lane import Lane
from scripts.local.runtime.mappings.mapping import Mapping
from scripts.local.runtime.mappings.poller import RETRY_DELAY
from scripts.local.runtime.mappings.records import Part, StreamRecord

logger = logging.getLogger(__name__)

# Seconds. Lambda developer guide, "Polling and batching streams": "Lambda polls each shard in your Kinesis
# stream for records at a base rate of once per second". While there are some, it asks for more at once.
POLL_INTERVAL = 1.0
# Records of one call of GetRecords at most.
CALL_LIMIT = 10_000


class Shard:
    """Follows one shard from its checkpoint on.

    There are as many lanes as ParallelizationFactor says. Records of one partition key are in the same lane:
    "Lambda still ensures in-order processing at the partition-key level".
    """

    def __init__(
        self,
        name: str,
        mapping: Mapping,
        context: Context,
        functions: Functions,
        checkpoints: Checkpoints,
    ) -> None:
        self.name = name
        self.is_closed = False
        """Whether the stream was resharded: no new records will come."""
        self.problem = ""
        """Why it cannot be read at the moment."""
        self._mapping = mapping
        self._aws = context.aws
        self._functions = functions
        self._checkpoints = checkpoints
        self._read_until = checkpoints.get(name) or Position()
        self._iterator: str | None = None
        self._progress = Progress()
        self._room = mapping.batch_size * mapping.parallelization * 2
        self._moved = asyncio.Event()
        self._stopping = asyncio.Event()
        self._lanes = [
            Lane(mapping, invoke=self._invoke, give_up=self._give_up, done=self._done)
            for _ in range(mapping.parallelization)
        ]

    def stop(self) -> None:
        """Have `run` return once the invocations that run now have ended."""
        self._stopping.set()
        self._moved.set()
        for lane in self._lanes:
            lane.stop()

    async def run(self) -> None:
        """Work until stopped, or until the shard was closed and all of it is done."""
        async with asyncio.TaskGroup() as group:
            for lane in self._lanes:
                group.create_task(lane.run())
            await self._follow()
            self.stop()

    async def _follow(self) -> None:
        while not self._stopping.is_set():
            if len(self._progress) >= self._room:
                await self._wait_for_progress()
                continue
            was_closed = self.is_closed
            try:
                count, is_last = await self._read()
            except (BotoCoreError, ClientError, LocalRuntimeError) as error:
                self._iterator = None  # it may have expired: the next try makes another one
                self.problem = f"{self.name}: {error}"
                await self._pause(RETRY_DELAY)
                continue
            self.problem = ""
            if count == 0 and (was_closed or is_last):
                await self._finish()
                return
            if count == 0:
                await self._pause(POLL_INTERVAL)

    async def _read(self) -> tuple[int, bool]:
        """Take the next records; return how many, and whether the shard can have no more."""
        role = self._functions.role(self._mapping.function)
        if self._iterator is None:
            position, stream = self._read_until.iterator(), self._mapping.source_name
            answer = await self._aws.call(
                "kinesis", "get_shard_iterator", StreamName=stream, ShardId=self.name, **position
            )
            self._iterator = answer["ShardIterator"]
        limit = min(self._room - len(self._progress), CALL_LIMIT)
        page = await self._aws.call("kinesis", "get_records", ShardIterator=self._iterator, Limit=limit)
        for raw in page["Records"]:
            self._take(raw, role)
        self._iterator = page.get("NextShardIterator")
        return len(page["Records"]), self._iterator is None

    def _take(self, raw: dict[str, Any], role: str) -> None:
        """Put a record into the lane of its key; one that the filters drop is done."""
        record = StreamRecord(
            sequence=raw["SequenceNumber"],
            key=raw["PartitionKey"],
            arrival=raw["ApproximateArrivalTimestamp"].timestamp(),
            event=events.kinesis_record(raw, self.name, self._mapping, role),
        )
        self._read_until = Position(after=record.sequence)
        self._progress.begin(record.sequence)
        if self._mapping.filters.match(raw["Data"].decode(errors="replace")):
            self._lane(record.key).put(record)
        else:
            self._done([record])

    def _lane(self, key: str) -> Lane:
        digest = hashlib.sha256(key.encode()).digest()
        return self._lanes[int.from_bytes(digest[:8]) % len(self._lanes)]

    async def _invoke(self, records: Sequence[StreamRecord]) -> Invocation:
        self._functions.note_age(self._mapping.function, time.time() - records[-1].arrival)
        event = events.event(record.event for record in records)
        return await self._functions.invoke(self._mapping.function, event)

    async def _give_up(self, part: Part, condition: Condition) -> None:
        """Tell the failure destination; without one, records are given up in silence, as on AWS."""
        first, last = part.records[0].sequence, part.records[-1].sequence
        logger.warning("%s: records %s to %s given up: %s", self.name, first, last, condition)
        if self._mapping.failure_destination is None:
            return
        document = failures.failure_document(self._mapping, self.name, part, condition)
        try:
            await destinations.send(self._aws, self._mapping.failure_destination, document)
        except (BotoCoreError, ClientError, LocalRuntimeError):
            # Lambda counts these in its metric DestinationDeliveryFailures, and goes on as well.
            logger.exception("%s: the failure destination did not take %s", self.name, document)

    def _done(self, records: Sequence[StreamRecord]) -> None:
        checkpoint = None
        for record in records:
            checkpoint = self._progress.done(record.sequence) or checkpoint
        if checkpoint is not None:
            self._checkpoints.set(self.name, Position(after=checkpoint))
        self._moved.set()

    async def _finish(self) -> None:
        while len(self._progress) and not self._stopping.is_set():
            await self._wait_for_progress()
        if not len(self._progress):
            self._checkpoints.set(self.name, Position(finished=True))

    async def _wait_for_progress(self) -> None:
        self._moved.clear()
        await self._moved.wait()

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
