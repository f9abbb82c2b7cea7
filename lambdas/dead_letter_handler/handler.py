"""`dead_letter_handler`: describes what died, so that somebody can see it without taking it out of its queue.

Started each minute by a schedule. It looks at each dead-letter queue, writes an item for every message to a
table, and leaves the messages where they are: `blueprint queues redrive` moves them back once their cause is
mended. A message that was described before is left as it was described first.

One queue that cannot be looked at does not keep the others from their turn; the invocation fails at the end,
so that its alarm tells.

The table's key is `queue` and `message_id`; an item expires at `expires_at`, some time after SQS has dropped
the message.

Environment: `DEAD_LETTER_QUEUES` (JSON: a list of URLs), `DEAD_LETTERS_TABLE`, `LOG_LEVEL`. Permissions: to
receive from those queues, change the visibility there and read their attributes; to put items into the table.
"""

import json
import os
import time
from dataclasses import asdict
from datetime import datetime
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging.utils import copy_config_to_registered_loggers
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lambdas.dead_letter_handler.description import DeadLetter, describe
from lambdas.dead_letter_handler.peeking import peeked

MOST = 200  # messages of a queue that one invocation looks at
RESERVE = 5_000  # milliseconds that are left for what was begun
KEPT = 30 * 24 * 3600  # seconds that an item stays: SQS keeps a dead letter for 14 days
DESCRIBED_BEFORE = "ConditionalCheckFailedException"

logger = Logger(service="dead_letter_handler")
copy_config_to_registered_loggers(source_logger=logger, include={"lambdas"})
metrics = Metrics(namespace="shop", service="dead_letter_handler")
clients = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})
sqs = boto3.client("sqs", config=clients)
dynamodb = boto3.client("dynamodb", config=clients)
queues: list[str] = json.loads(os.environ["DEAD_LETTER_QUEUES"])
table = os.environ["DEAD_LETTERS_TABLE"]


class UnseenQueuesError(Exception):
    """Queues could not be looked at; the message says which, and the log why."""


@logger.inject_lambda_context
@metrics.log_metrics
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Describe what is new in each queue; return how many that were, by queue.

    Raises:
        UnseenQueuesError: some could not be looked at.
    """
    new: dict[str, int] = {}
    unseen = []
    for url in queues:
        name = url.rpartition("/")[2]
        try:
            new[name] = look(url, name, context)
        except (BotoCoreError, ClientError):
            logger.exception("queue not looked at", queue=name)
            unseen.append(name)
    metrics.add_metric(name="DeadLettersDescribed", unit=MetricUnit.Count, value=sum(new.values()))
    if unseen:
        raise UnseenQueuesError(", ".join(unseen))
    return new


def look(url: str, name: str, context: LambdaContext) -> int:
    """Describe the messages of one queue; return how many were new."""
    wanted = ["ApproximateNumberOfMessages"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=wanted)["Attributes"]
    if attributes[wanted[0]] == "0":
        return 0
    with peeked(sqs, url, MOST, lambda: context.get_remaining_time_in_millis() > RESERVE) as messages:
        return sum(keep(describe(name, message)) for message in messages)


def keep(letter: DeadLetter) -> bool:
    """Write an item for a dead letter; return False where there is one."""
    item = {name: _value(value) for name, value in fields(letter).items()}
    item["expires_at"] = _value(int(time.time()) + KEPT)
    try:
        dynamodb.put_item(TableName=table, Item=item, ConditionExpression="attribute_not_exists(message_id)")
    except ClientError as error:
        if error.response["Error"]["Code"] != DESCRIBED_BEFORE:
            raise
        return False
    told = ("queue", "message_id", "kind", "event_type", "aggregate_id", "receives")
    logger.warning("dead letter", **{name: getattr(letter, name) for name in told})
    return True


def fields(letter: DeadLetter) -> dict[str, str | int]:
    """Return what is known of a dead letter, flat: of records `records_stream_arn` and so on."""
    found = asdict(letter)
    for name, value in (found.pop("records") or {}).items():
        found[f"records_{name}"] = value
    said = {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in found.items()
    }
    return {name: value for name, value in said.items() if value != ""}


def _value(value: str | int) -> dict[str, str]:
    return {"N": str(value)} if isinstance(value, int) else {"S": value}
