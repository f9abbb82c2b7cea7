"""Settles payments whose outcome is open: their process died, the provider was silent, or money goes back.

A payment that is authorised is captured by a consumer of its event; what that leaves behind, for whatever
reason, is captured here.
"""

import asyncio
import logging
from contextlib import AbstractAsyncContextManager
from functools import partial
from uuid import UUID

from app.payments import store
from app.payments.provider import SilentError
from app.payments.service import Payments
from app.platform.election import Election, Term, leading
from app.platform.problems import NotFoundError, UnavailableError
from app.platform.shards import Shards

logger = logging.getLogger(__name__)

LOOK = 5.0  # seconds between two looks
ALONE = 15.0  # seconds for which a payment is left to whoever tried it last
LINGERS = 120.0  # seconds for which one that is authorised is left to the consumer that captures it


class Reconciler:
    """Looks through all shards, in one process of all that run it; a second one does no harm."""

    def __init__(self, shards: Shards, payments: Payments, election: Election) -> None:
        self._shards = shards
        self._payments = payments
        self._election = election

    def running(self) -> AbstractAsyncContextManager[None]:
        """Run beside a block."""
        return leading(self._election, "payments", self._reconcile, partial(asyncio.sleep, LOOK))

    async def _reconcile(self, term: Term) -> None:
        while True:
            await term.confirm()
            await self.settle()
            await asyncio.sleep(LOOK)

    async def settle(self) -> None:
        """Try to settle what is open by now. What fails is tried again later."""
        for number, shard in self._shards.databases.items():
            try:
                async with shard.transaction() as session:
                    found = await store.take_open(session, ALONE, LINGERS)
            except UnavailableError as error:
                logger.warning("payments are not settled", extra={"shard": number, "error": str(error)})
                continue
            for payment_id in found:
                await self._settle(payment_id)

    async def _settle(self, payment_id: UUID) -> None:
        try:
            await self._payments.settle(payment_id)
        except (SilentError, UnavailableError) as error:
            logger.warning("a payment stays open", extra={"payment_id": str(payment_id), "error": str(error)})
        except NotFoundError:  # a copy that is on its way to another shard, or an old one
            logger.info("a payment is elsewhere", extra={"payment_id": str(payment_id)})
