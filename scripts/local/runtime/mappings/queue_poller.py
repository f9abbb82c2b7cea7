"""Polls an SQS queue and invokes the function with batches of its messages."""

import asyncio
import functools
import logging
from typing import Any

from scripts.local.runtime.context import Context
from scripts.local.runtime.functions import Functions
from scripts.local.runtime.mappings import events, responses
from scripts.local.runtime.mappings.events import Record
from scripts.local.runtime.mappings.mapping import Mapping
from scripts.local.runtime.mappings.poller import Poller
from scripts.local.runtime.mappings.threads import in_own_thread

logger = logging.getLogger(__name__)

# Seconds. A poll that waits costs nothing and answers at once when a message comes in; it is as short as this
# so that a mapping that was disabled soon takes nothing more.
LONG_POLL = 5
# Seconds between polls of a FIFO queue that is worked on: moto would spin while a message is in flight.
SHORT_POLL = 0.25
# Messages of one call of ReceiveMessage or DeleteMessageBatch at most.
CALL_LIMIT = 10
# Lambda developer guide, "Configuring scaling behavior for SQS event source mappings": "Lambda starts
# processing five batches at a time". MaximumConcurrency says otherwise; AWS alone goes on to a thousand.
DEFAULT_CONCURRENCY = 5

Message = dict[str, Any]


class QueuePoller(Poller):
    """Follows the mapping of a queue.

    "When Lambda reads a batch, the messages stay in the queue but are hidden for the length of the queue's
    visibility timeout. If your function successfully processes all messages in the batch, Lambda deletes the
    messages from the queue" (Lambda developer guide, "Using Lambda with Amazon SQS"). After an error they are
    left alone: they come back when that time is over, and reach the dead-letter queue by the queue's count.
    """

    def __init__(self, mapping: Mapping, context: Context, functions: Functions) -> None:
        self._is_fifo = mapping.source.endswith(".fifo")
        self._limit = mapping.maximum_concurrency or DEFAULT_CONCURRENCY
        self._url = ""
        self._batches: set[asyncio.Task[None]] = set()
        super().__init__(mapping, context, functions)

    async def _poll(self) -> None:
        if len(self._batches) >= self._limit:
            await asyncio.wait(self._batches, return_when=asyncio.FIRST_COMPLETED)
            return
        if not self._url:
            name = self.mapping.source_name
            self._url = (await self._context.aws.call("sqs", "get_queue_url", QueueName=name))["QueueUrl"]
        records = await self._collect()
        if records:
            batch = self._work.create_task(self._attempt("batch", self._feed(records)))
            self._batches.add(batch)
            batch.add_done_callback(self._batches.discard)

    async def _collect(self) -> list[Record]:
        """Return a batch: full, or what came in within the batching window of its first message."""
        size, loop = self.mapping.batch_size, asyncio.get_running_loop()
        records = await self._receive(size, LONG_POLL)
        room = events.MAX_EVENT - sum(map(events.size, records))
        end = loop.time() + self.mapping.window
        while records and len(records) < size and room > 0 and not self._stopping.is_set():
            left = end - loop.time()
            if left <= 0:
                break
            if left < 1:  # SQS waits for whole seconds
                await asyncio.sleep(left)
            more = await self._receive(size - len(records), min(int(left), LONG_POLL))
            records += more
            room -= sum(map(events.size, more))
        return records

    async def _receive(self, count: int, wait: int) -> list[Record]:
        """Take messages and return those that pass the filters; the others leave the queue."""
        if self._is_fifo and self._batches:
            await self._pause(SHORT_POLL)
            wait = 0
        receive = functools.partial(
            self._context.aws.client("sqs").receive_message,
            QueueUrl=self._url,
            MaxNumberOfMessages=min(count, CALL_LIMIT),
            WaitTimeSeconds=wait,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        answer: dict[str, list[Message]] = await in_own_thread(receive)
        passed: list[Record] = []
        dropped: list[Record] = []
        for message in answer.get("Messages", []):
            record = events.sqs_record(message, self.mapping)
            (passed if self.mapping.filters.match(message["Body"]) else dropped).append(record)
        if dropped:
            self._work.create_task(self._attempt("filters", self._delete(dropped)))
        return passed

    async def _feed(self, records: list[Record]) -> None:
        """Invoke the function, and delete what it is done with."""
        for part in events.split(records):
            ids = [record["messageId"] for record in part]
            invocation = await self._functions.invoke(self.mapping.function, events.event(part))
            if invocation.error is not None:
                logger.info("%s left %d messages: %s", self.mapping.function, len(ids), invocation.error)
                continue
            reports = self.mapping.reports_failures
            failed = responses.failed_items(invocation.payload, ids) if reports else set()
            await self._delete([record for record in part if record["messageId"] not in failed])

    async def _delete(self, records: list[Record]) -> None:
        for start in range(0, len(records), CALL_LIMIT):
            entries = [
                {"Id": record["messageId"], "ReceiptHandle": record["receiptHandle"]}
                for record in records[start : start + CALL_LIMIT]
            ]
            await self._context.aws.call("sqs", "delete_message_batch", QueueUrl=self._url, Entries=entries)
