"""`position_writer`: stores the positions that couriers report.

Fed by the Kinesis stream of positions, or by a Kafka topic of the same, whose key is the courier: one
courier's records arrive in order. Each batch is written to PostgreSQL by one statement that can be repeated,
which also keeps the newest position of each courier.

**Partial responses.** A malformed record is named, and Lambda goes on from there. What is behind it of the
same courier waits with it, until the mapping gives up and sends it to the failure destination: nothing
overtakes it. The other couriers' positions are stored. When the database is down, the invocation fails and
the whole batch comes again.

Environment: `DATABASE_WRITER`, `DATABASE_NAME`, `DATABASE_SECRET_ARN`, `DATABASE_SSLMODE`, `LOG_LEVEL`.
"""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.utils import copy_config_to_registered_loggers
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.database import Database
from lambdas.position_writer.positions import MalformedPositionError, Position, store
from lambdas.streams import Answer, Batch

logger = Logger(service="position_writer")
copy_config_to_registered_loggers(source_logger=logger, include={"lambdas"})
database = Database.from_environment()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: LambdaContext) -> Answer:
    """Store a batch of records; return what is to come again."""
    batch = Batch(event)
    positions: list[Position] = []
    for record in batch:
        try:
            positions.append(Position.parse(record.data))
        except MalformedPositionError:
            logger.exception("malformed position", lane=record.lane, place=str(record.place))
            batch.fail(record)
    if positions:
        store(database, positions)
    logger.info("positions stored", count=len(positions))
    return batch.answer()
