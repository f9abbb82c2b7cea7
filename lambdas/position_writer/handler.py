"""`position_writer`: stores the positions that couriers report.

Fed by the Kinesis stream of positions, whose partition key is the courier: one courier's records arrive in
order. Each batch is written to PostgreSQL by one statement that can be repeated, which also keeps the newest
position of each courier.

**Partial responses.** Lambda goes on from the first sequence number that is reported as failed. A malformed
record thus stops the batch: what is before it is stored; it and what is after it come again until the mapping
gives up and sends it to the failure destination. Nothing overtakes it: the order within a courier holds. When
the database is down, the invocation fails and the whole batch comes again.

Environment: `DATABASE_WRITER`, `DATABASE_NAME`, `DATABASE_SECRET_ARN`, `DATABASE_SSLMODE`, `LOG_LEVEL`.
"""

import base64
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.utils import copy_config_to_registered_loggers
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.database import Database
from lambdas.position_writer.positions import MalformedPositionError, Position, store

logger = Logger(service="position_writer")
copy_config_to_registered_loggers(source_logger=logger, include={"lambdas"})
database = Database.from_environment()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    """Store a batch of records; return the sequence number to go on from, if one of them is malformed."""
    positions: list[Position] = []
    failures: list[dict[str, str]] = []
    for record in event["Records"]:
        kinesis = record["kinesis"]
        try:
            positions.append(Position.parse(base64.b64decode(kinesis["data"])))
        except MalformedPositionError:
            logger.exception("malformed position", sequence_number=kinesis["sequenceNumber"])
            failures.append({"itemIdentifier": kinesis["sequenceNumber"]})
            break
    if positions:
        store(database, positions)
    logger.info("positions stored", count=len(positions))
    return {"batchItemFailures": failures}
