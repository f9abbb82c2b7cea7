"""`order_inventory`: keeps the ledger of what orders take out of the stock, and of what comes back.

Fed by its queue of `order.placed` and `order.cancelled` events. They carry the lines of the order
(event-carried state transfer), so this function asks nobody: neither the shop nor the orders' database has to
be up.

- **Exactly once in effect**: the movements are keyed by event and product, and written in one transaction. An
  event that is delivered again books nothing, also if the function timed out after the commit.
- **In any order**: movements only add up. A cancellation that overtakes its order leaves the same sum.
- **Partial responses**: what failed is named, so only that is delivered again, later with each attempt.

Environment: `DATABASE_WRITER` (of the products), `DATABASE_NAME`, `DATABASE_SECRET_ARN`, `DATABASE_SSLMODE`,
`DATABASE_VIA_PROXY`, `LOG_LEVEL`. Permissions: to consume its queue, and to read that secret.
"""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.utils import copy_config_to_registered_loggers
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.database import Database
from lambdas.order_inventory.movements import Movements, book
from lambdas.queues import Consumer

logger = Logger(service="order_inventory")
copy_config_to_registered_loggers(source_logger=logger, include={"lambdas"})
database = Database.from_environment()


def handle_message(record: SQSRecord) -> None:
    """Book what one message tells of."""
    movements = Movements.parse(record.body)
    new = book(database, movements)
    logger.info(
        "stock moved",
        event_id=str(movements.event_id),
        order_id=str(movements.order_id),
        kind=movements.kind,
        booked=new,
    )


consumer = Consumer(handle_message, logger)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Book what a batch tells of; return the ids of the messages to deliver again."""
    return consumer.work_off(event, context)
