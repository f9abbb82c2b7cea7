"""Makes the reports that are due, in one process of all that run it."""

import asyncio
import logging
from contextlib import AbstractAsyncContextManager
from datetime import UTC, date, datetime, timedelta
from functools import partial

from app.platform.election import Election, Term, leading
from app.reports.service import Reports

logger = logging.getLogger(__name__)

PERIOD = 300.0  # seconds between two looks
GRACE = timedelta(hours=1)  # after midnight: until then orders of the day may be paid, or expire
LOOK_BACK = 7  # days of which a report is made up for


class Reporter:
    """Makes the report of each day once the day is over."""

    def __init__(self, reports: Reports, election: Election) -> None:
        self._reports = reports
        self._election = election

    def running(self) -> AbstractAsyncContextManager[None]:
        """Run beside a block."""
        return leading(self._election, "daily reports", self._look, partial(asyncio.sleep, PERIOD))

    async def _look(self, term: Term) -> None:
        while True:
            await self.make_due(term, datetime.now(UTC))
            await asyncio.sleep(PERIOD)

    async def make_due(self, term: Term, now: datetime) -> None:
        """Make the reports that are missing, the oldest first.

        Raises:
            DeposedError: another process leads by now.
            UnavailableError: a database is down; what was made until then is kept.
        """
        for day in await self._reports.missing(days_due(now)):
            await term.confirm()
            await self._reports.make(day, term)
            logger.info("made a daily report", extra={"day": str(day)})


def days_due(now: datetime) -> list[date]:
    """Return the days of which there is to be a report, the oldest first."""
    last = (now - GRACE).date()
    return [last - timedelta(days=back) for back in range(LOOK_BACK, 0, -1)]
