"""`order_notifications`: confirms each placed order to its customer by e-mail.

Fed by the queue of `order.placed` events. These are notifications: they carry only the order's id, and this
function fetches what it writes from the database's writer (a replica may lag behind the event).

- **Partial responses**: what failed is named, so only that is delivered again, later with each attempt. A
  message that no retry can mend is refused like any other, until the queue moves it to its dead-letter queue.
- **One mail an order**: SQS delivers at least once, so the ids of handled events are kept in a DynamoDB table
  (Powertools idempotency with its default attributes: key `id`, time to live `expiration`). An id counts as
  handled once SES accepted the mail, and its note says which mail that was. Only where the function dies
  between the two, or the answer is lost, a second mail is sent: SES does not recognise a repeated request.

Environment: `DATABASE_WRITER` (where the orders are on several databases, `DATABASE_SHARDS` and
`DATABASE_SHARD_DIRECTORY`), `DATABASE_NAME`, `DATABASE_SECRET_ARN`, `DATABASE_SSLMODE`,
`IDEMPOTENCY_TABLE`, `EMAIL_SENDER`, `LOG_LEVEL`.
"""

import os
from typing import Any
from uuid import UUID

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.utils import copy_config_to_registered_loggers
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from lambdas.database import Shards
from lambdas.order_notifications.events import OrderPlaced
from lambdas.order_notifications.mail import Mail, confirm
from lambdas.order_notifications.orders import fetch_order
from lambdas.queues import Consumer

# SQS keeps a message for 14 days at most: an id is remembered for longer than any copy can live.
REMEMBERED_SECONDS = 15 * 24 * 3600

logger = Logger(service="order_notifications")
copy_config_to_registered_loggers(source_logger=logger, include={"lambdas"})
# That a mail was sent is noted for as long as there is time: without the note, it is sent again.
notes = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 8})
# Asked once, and its answer awaited: SES does not recognise a repeated request, and may have sent what it was
# slow to answer. What it refuses is asked again with the next delivery.
mailer = boto3.client(
    "sesv2", config=Config(connect_timeout=2, read_timeout=15, retries={"total_max_attempts": 1})
)
shards = Shards.from_environment()
idempotency = IdempotencyConfig(expires_after_seconds=REMEMBERED_SECONDS)


def handle_message(record: SQSRecord) -> None:
    """Confirm the order that one message tells of."""
    event = OrderPlaced.parse(record.body)
    notify_once(event_id=str(event.id), order_id=event.order_id)


consumer = Consumer(handle_message, logger)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Handle a batch of messages; return the ids of those to deliver again."""
    idempotency.register_lambda_context(context)
    return consumer.work_off(event, context)


def notify(*, event_id: str, order_id: UUID) -> str:
    """Send the confirmation of an order; return the mail's id, which is noted with the event's."""
    mail_id = send(confirm(fetch_order(shards, order_id)))
    logger.info("order confirmed", event_id=event_id, order_id=str(order_id), mail_id=mail_id)
    return mail_id


notify_once = idempotent_function(
    notify,
    data_keyword_argument="event_id",
    persistence_store=DynamoDBPersistenceLayer(os.environ["IDEMPOTENCY_TABLE"], boto_config=notes),
    config=idempotency,
    key_prefix="order_notifications",
)


def send(mail: Mail) -> str:
    """Hand a mail to SES and return its id there."""
    answer = mailer.send_email(
        FromEmailAddress=os.environ["EMAIL_SENDER"],
        Destination={"ToAddresses": [mail.recipient]},
        Content={
            "Simple": {
                "Subject": {"Data": mail.subject, "Charset": "UTF-8"},
                "Body": {
                    "Text": {"Data": mail.text, "Charset": "UTF-8"},
                    "Html": {"Data": mail.html, "Charset": "UTF-8"},
                },
            }
        },
    )
    return str(answer["MessageId"])
