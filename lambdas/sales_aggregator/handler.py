"""`sales_aggregator`: counts what is sold, by product, minute and day.

Fed by the Kinesis stream of sales, or by a Kafka topic of the same events: each `order.paid` carries the
order's lines, so nothing is fetched. Pieces and revenue go to the DynamoDB table of sales, into the windows
of the time at which the order was paid: an event that comes late is counted where it belongs.

- **Once in effect**: an event is counted in the transaction that also marks it as counted (`table.py`), so
  it may come again: after a failure, from a replay, or on another shard.
- **Partial responses**: a malformed event is named, and those of its order behind it wait with it; the others
  of the batch are counted. What the mapping gives up lands in its failure destination.

Environment: `SALES_TABLE`, `LOG_LEVEL`.
"""

import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from lambdas.events import MalformedEventError
from lambdas.sales_aggregator.sales import Sale
from lambdas.sales_aggregator.table import Sales
from lambdas.streams import Answer, Batch

logger = Logger(service="sales_aggregator")
clients = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})
table = Sales(boto3.client("dynamodb", config=clients), os.environ["SALES_TABLE"])


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: LambdaContext) -> Answer:
    """Count a batch of sales; return what is to come again."""
    batch = Batch(event)
    sales: list[Sale] = []
    for record in batch:
        try:
            sales.append(Sale.parse(record.data))
        except MalformedEventError:
            logger.exception("malformed event", lane=record.lane, place=str(record.place))
            batch.fail(record)
    new = table.add(sales)
    logger.info("sales counted", count=len(sales), new=new)
    return batch.answer()
