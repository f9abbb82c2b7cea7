"""`payment_capture`: takes the money that customers' banks have set aside, order by order in their order.

Fed by a FIFO queue of `payment.authorised` events, whose message group is the order. The customer does not
wait for this: the shop answered when the bank had said yes.

- **In order**: the first message of a group that fails holds back those of its group that follow; other
  orders go on.
- **Once**: the provider does once what a payment's key stands for. What became of it is written in one
  transaction: the payment is captured, the order is paid, and `order.paid` is in the outbox. A message that
  is delivered again, also after a time-out between the two, finds done what was done.
- **Cancelled meanwhile**: then nothing is taken, or what was taken is to go back. The shop's reconciler gives
  it back; it also captures what this function leaves behind, by the same keys.
- What no retry can mend (an unknown event, an unknown payment) is refused until it is a dead letter.

Environment: `DATABASE_WRITER` (of the products, where the sandbox has its ledger), `DATABASE_SHARDS` and
`DATABASE_SHARD_DIRECTORY` where the orders are on several, `DATABASE_NAME`, `DATABASE_SECRET_ARN`,
`DATABASE_SSLMODE`, `DATABASE_VIA_PROXY`, `LOG_LEVEL`. Permissions: to consume its queue, to read those
secrets and the directory.
"""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.utils import copy_config_to_registered_loggers
from aws_lambda_powertools.utilities.batch import SqsFifoPartialProcessor
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.database import Database, Shards
from lambdas.payment_capture.payments import Authorised, find, note
from lambdas.payment_capture.provider import Provider, Sandbox
from lambdas.queues import Consumer

logger = Logger(service="payment_capture")
copy_config_to_registered_loggers(source_logger=logger, include={"lambdas"})
database = Database.from_environment()
shards = Shards.from_environment()
provider: Provider = Sandbox(database)


def handle_message(record: SQSRecord) -> None:
    """Capture the payment that one message tells of."""
    authorised = Authorised.parse(record.body)
    payment = find(shards, authorised)
    status = payment.status
    if status == "authorised":
        if payment.is_payable:
            provider.capture(f"{authorised.payment_id}-capture", payment.charge)
        status = note(shards, authorised, is_taken=payment.is_payable)
    logger.info(
        "payment looked after",
        event_id=str(authorised.event_id),
        payment_id=str(authorised.payment_id),
        order_id=str(authorised.order_id),
        status=status,
    )


processor = SqsFifoPartialProcessor(skip_group_on_error=True)
processor.raise_on_entire_batch_failure = False
consumer = Consumer(handle_message, logger, processor)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Capture what a batch tells of; return the ids of the messages to deliver again."""
    return consumer.work_off(event, context)
