"""How many events wait in the outbox, and for how long: a line of the log a minute, of which CloudWatch makes
metrics.

Every instance writes it, whether or not it relays: that nobody does is one of the things to hear of.
"""

import asyncio
import logging
from contextlib import AbstractAsyncContextManager

from app.platform import outbox
from app.platform.background import beside
from app.platform.database import Database

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)  # a metric must not go missing where the log is kept short

INTERVAL = 60.0  # seconds; the alarm's period


def reported(database: Database, shard: int) -> AbstractAsyncContextManager[None]:
    """Report the outbox of a shard beside a block."""
    return beside(_report(database, shard), "outbox backlog")


async def _report(database: Database, shard: int) -> None:
    while True:
        try:
            waiting = await database.read(outbox.backlog, "strong")
        except Exception:
            logger.exception("the outbox cannot be looked at", extra={"shard": shard})
        else:
            said = {"shard": shard, "outbox_depth": waiting.depth, "outbox_age": waiting.age}
            logger.info("outbox", extra=said)
        await asyncio.sleep(INTERVAL)
