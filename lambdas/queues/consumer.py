"""Works off the batches of a queue."""

from collections.abc import Callable
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from lambdas.queues.visibility import Visibility

# Of the time that an invocation has, what must be left for a message to be begun. Lambda kills who takes
# longer, at whatever step that is; what is handed back in time was not begun.
RESERVE = 1 / 3
CLIENT = Config(connect_timeout=2, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2})


class OutOfTimeError(Exception):
    """A message was not begun: there was no time left for it."""


class Consumer:
    """Hands each message of a batch to `handle`; what that raises means that it is delivered again.

    A message that no retry can mend is refused like any other, until the queue moves it to its dead-letter
    queue.
    """

    def __init__(
        self, handle: Callable[[SQSRecord], None], logger: Logger, processor: BatchProcessor | None = None
    ) -> None:
        """Take what works on one message. `processor`: how a batch is gone through, if not one by one."""
        self._handle = handle
        self._logger = logger
        self._processor = processor or BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
        self._visibility = Visibility(boto3.client("sqs", config=CLIENT))

    def work_off(self, event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
        """Work off a batch, as Lambda hands it over; return the ids of the messages to deliver again.

        When the time runs short, what was not begun is among them.
        """
        records = event["Records"]
        reserve = context.get_remaining_time_in_millis() * RESERVE

        def handle_in_time(record: SQSRecord) -> None:
            if context.get_remaining_time_in_millis() < reserve:
                self._logger.warning("message not begun", message_id=record.message_id)
                raise OutOfTimeError
            self._handle_one(record)

        with self._visibility.held(records):
            answer = process_partial_response(event, handle_in_time, self._processor, context)
        failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        self._visibility.postpone(record for record in records if record["messageId"] in failed)
        return answer

    def _handle_one(self, record: SQSRecord) -> None:
        try:
            self._handle(record)
        except Exception:
            attempt = record.attributes.approximate_receive_count
            self._logger.exception("message not handled", message_id=record.message_id, attempt=attempt)
            raise
