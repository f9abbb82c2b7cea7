"""Works on records of one shard in order, batch by batch, until each is done or given up."""

import asyncio
import contextlib
import itertools
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.functions import Invocation
from scripts.local.runtime.mappings import events, responses
from scripts.local.runtime.mappings.failures import Condition
from scripts.local.runtime.mappings.mapping import Mapping
from scripts.local.runtime.mappings.records import Part, StreamRecord

logger = logging.getLogger(__name__)

# Seconds between two tries of a batch, doubled with each.
FIRST_DELAY = 0.1
LONGEST_DELAY = 10.0


class Lane:
    """Hands records to the function in order.

    `invoke` runs the function, `give_up` tells the failure destination, `done` is told each record that needs
    no more work. The rules are those of the Lambda developer guide, "Retain discarded batch records for a
    Kinesis Data Streams event source" and "Configuring partial batch response with Kinesis Data Streams".
    """

    def __init__(
        self,
        mapping: Mapping,
        *,
        invoke: Callable[[Sequence[StreamRecord]], Awaitable[Invocation]],
        give_up: Callable[[Part, Condition], Awaitable[None]],
        done: Callable[[Sequence[StreamRecord]], None],
    ) -> None:
        self._mapping = mapping
        self._invoke = invoke
        self._give_up = give_up
        self._done = done
        self._waiting: deque[StreamRecord] = deque()
        self._bytes = 0  # of what waits, as events
        self._changed = asyncio.Event()
        self._stopping = asyncio.Event()

    def put(self, record: StreamRecord) -> None:
        """Append a record."""
        self._waiting.append(record)
        self._bytes += record.size
        self._changed.set()

    def stop(self) -> None:
        """Have `run` return when the invocation that runs now has ended; what is left is not done."""
        self._stopping.set()
        self._changed.set()

    async def run(self) -> None:
        """Work until stopped."""
        while not self._stopping.is_set():
            records = await self._collect()
            if not self._stopping.is_set():
                await self._process(records)

    async def _collect(self) -> list[StreamRecord]:
        """Return the next batch: full, or what came in within the batching window of its first record."""
        await self._wait_until(lambda: bool(self._waiting))
        if self._mapping.window:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._mapping.window):
                    await self._wait_until(self._is_full)
        candidates = itertools.islice(self._waiting, self._mapping.batch_size)
        fitting = next(events.split(record.event for record in candidates), [])
        batch = [self._waiting.popleft() for _ in fitting]
        self._bytes -= sum(record.size for record in batch)
        return batch

    def _is_full(self) -> bool:
        """Tell whether the next batch would be no larger for what may still come in."""
        return len(self._waiting) >= self._mapping.batch_size or self._bytes >= events.MAX_EVENT

    async def _wait_until(self, condition: Callable[[], bool]) -> None:
        while not (condition() or self._stopping.is_set()):
            self._changed.clear()
            await self._changed.wait()

    async def _process(self, records: Sequence[StreamRecord]) -> None:
        left = deque([Part(records=records)])
        while left and not self._stopping.is_set():
            part = left.popleft()
            left.extendleft(reversed(await self._attempt(part)))

    async def _attempt(self, part: Part) -> list[Part]:
        """Take one step with the part and return what is left of it, in order."""
        expired = self._count_expired(part)
        if expired:
            await self._give_up(part.first(expired), "RecordAgeExceeded")
            self._done(part.records[:expired])
            return [part.after(expired)] if expired < len(part.records) else []
        try:
            invocation = await self._invoke(part.records)
        except LocalRuntimeError as error:
            # "Before invocation: If a Lambda event source mapping is unable to invoke the function [...], it
            # retries until the records expire or exceed the maximum age": this uses up no retries.
            logger.warning("%s could not be invoked: %s", self._mapping.function, error)
            await self._pause(LONGEST_DELAY)
            return [part]
        succeeded = self._count_succeeded(part, invocation)
        self._done(part.records[:succeeded])
        if succeeded == len(part.records):
            return []
        failed = replace(part.after(succeeded), invocations=part.invocations + 1, last=invocation)
        return await self._retry(failed, progressed=succeeded > 0)

    async def _retry(self, part: Part, *, progressed: bool) -> list[Part]:
        """Decide what to do with a part of which the first record failed.

        "Splitting batches doesn't consume the retry quota." With partial responses, "the batch is bisected at
        the returned sequence number and Lambda retries only the remaining records".
        """
        limit = self._mapping.maximum_retries
        if self._mapping.bisects and progressed:
            return [part]
        if self._mapping.bisects and len(part.records) > 1:
            return part.halves()
        if 0 <= limit <= part.retries:
            await self._give_up(part, "RetryAttemptsExhausted")
            self._done(part.records)
            return []
        doublings = min(part.retries, 10)  # more would only make a number that no float can hold
        await self._pause(min(FIRST_DELAY * 2**doublings, LONGEST_DELAY))
        return [replace(part, retries=part.retries + 1)]

    def _count_expired(self, part: Part) -> int:
        """Return how many records, the oldest first, exceed the maximum age."""
        if self._mapping.maximum_age < 0:
            return 0
        oldest = time.time() - self._mapping.maximum_age
        young = (number for number, record in enumerate(part.records) if record.arrival >= oldest)
        return next(young, len(part.records))

    def _count_succeeded(self, part: Part, invocation: Invocation) -> int:
        """Return how many records need no more work: those before the first that failed.

        "If the batchItemFailures array contains multiple items, Lambda uses the record with the lowest
        sequence number as the checkpoint. Lambda then retries all records starting from that checkpoint."
        """
        if invocation.error is not None:
            return 0
        if not self._mapping.reports_failures:
            return len(part.records)
        sequences = [record.sequence for record in part.records]
        failed = responses.failed_items(invocation.payload, sequences)
        return min((sequences.index(sequence) for sequence in failed), default=len(sequences))

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
