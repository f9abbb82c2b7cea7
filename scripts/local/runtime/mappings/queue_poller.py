"""Polls an SQS queue and invokes the function with batches of its messages."""

import asyncio
import functools
import logging
from typing import Any

from scripts.local.runtime.context import Context
from scripts.local.runtime.functions import Functions
from scripts.local.runtime.mappings import events, responses
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
        messages = await self._collect()
        if messages:
            batch = self._work.create_task(self._attempt("batch", self._feed(messages)))
            self._batches.add(batch)
            batch.add_done_callback(self._batches.discard)

    async def _collect(self) -> list[Message]:
        """Return a batch: full, or what came in within the batching window of its first message."""
        size, loop = self.mapping.batch_size, asyncio.get_running_loop()
        messages = await self._receive(size, LONG_POLL)
        end = loop.time() + self.mapping.window
        while messages and len(messages) < size and not self._stopping.is_set():
            left = end - loop.time()
            if left <= 0:
                break
            if left < 1:  # SQS waits for whole seconds
                await asyncio.sleep(left)
            messages += await self._receive(size - len(messages), min(int(left), LONG_POLL))
        return messages

    async def _receive(self, count: int, wait: int) -> list[Message]:
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
        return answer.get("Messages", [])

    async def _feed(self, messages: list[Message]) -> None:
        """Delete what the filters drop and what the function is done with."""
        handles = {message["MessageId"]: message["ReceiptHandle"] for message in messages}
        passed = [message for message in messages if self.mapping.filters.match(message["Body"])]
        records = [events.sqs_record(message, self.mapping) for message in passed]
        await self._delete(handles, handles.keys() - {record["messageId"] for record in records})
        for part in events.split(records):
            ids = [record["messageId"] for record in part]
            invocation = await self._functions.invoke(self.mapping.function, events.event(part))
            if invocation.error is not None:
                logger.info("%s left %d messages: %s", self.mapping.function, len(ids), invocation.error)
                continue
            reports = self.mapping.reports_failures
            failed = responses.failed_items(invocation.payload, ids) if reports else set()
            await self._delete(handles, set(ids) - failed)

    async def _delete(self, handles: dict[str, str], ids: set[str]) -> None:
        ordered = sorted(ids)
        for start in range(0, len(ordered), CALL_LIMIT):
            entries = [
                {"Id": one, "ReceiptHandle": handles[one]} for one in ordered[start : start + CALL_LIMIT]
            ]
            await self._context.aws.call("sqs", "delete_message_batch", QueueUrl=self._url, Entries=entries)
