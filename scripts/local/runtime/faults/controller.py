"""Follows the book of faults: begins what was asked for, ends what has lasted long enough."""

import asyncio
import logging
import time
from dataclasses import replace

from botocore.exceptions import BotoCoreError, ClientError

from scripts.local.faults.book import Book, Fault, Kind
from scripts.local.runtime.context import Context
from scripts.local.runtime.databases import Databases
from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.faults.acts import Act, Fill, Freeze, Kill, Lag, Pause, Refuse
from scripts.local.runtime.faults.impairments import Delay, Expire, Suffer
from scripts.local.runtime.functions import Functions
from scripts.local.runtime.functions.trouble import TROUBLES

logger = logging.getLogger(__name__)


class Faults:
    """Keeps the faults as the book has them."""

    name = "faults"
    after: tuple[str, ...] = ()

    def __init__(self, context: Context, databases: Databases, functions: Functions) -> None:
        self._context = context
        self._book = Book(context.state)
        self._acts: dict[Kind, Act] = {
            "kill": Kill(context.supervisor),
            "freeze": Freeze(context.supervisor),
            "lag": Lag(context.supervisor, databases),
            "fill": Fill(context.supervisor, databases),
            "pause": Pause(context.aws),
            "refuse": Refuse(context.aws),
            "delay": Delay(context.supervisor),
            "expire": Expire(context.supervisor, context.aws),
            **{trouble: Suffer(functions, trouble) for trouble in TROUBLES},
        }
        self._begun: set[str] = set()

    async def reconcile(self) -> bool:
        """Begin and end what is due. A fault is no ill health of the one who makes it: always True."""
        now = time.time()
        for fault in await asyncio.to_thread(self._book.faults):
            if fault.id not in self._begun:
                await self._begin(fault)
            elif fault.is_over(now):
                await self._end(fault)
        return True

    async def close(self) -> None:
        """End all faults."""
        for fault in self._book.faults():
            if fault.id in self._begun:
                await self._end(fault)

    async def _begin(self, fault: Fault) -> None:
        if fault.begun_at is not None and self._context.takes_over:  # and goes on
            self._begun.add(fault.id)
            return
        if fault.begun_at is not None or fault.problem:  # of a runtime that is gone, and so is the fault
            if fault.begun_at is not None:
                self._book.remove(fault.id)
            return
        try:
            sentence = await self._acts[fault.kind].begin(fault)
        except (LocalRuntimeError, ClientError, BotoCoreError) as error:
            problem = str(error)
            self._book.change(fault.id, lambda one: replace(one, problem=problem))
            return
        self._begun.add(fault.id)
        self._book.change(fault.id, lambda one: replace(one, begun_at=time.time()))
        self._context.timeline.tell("fault", fault.target, sentence)

    async def _end(self, fault: Fault) -> None:
        try:
            sentence = await self._acts[fault.kind].end(fault)
        except (LocalRuntimeError, ClientError, BotoCoreError) as error:
            logger.warning("a fault is hard to end, and is tried again: %s", error)
            return
        self._begun.discard(fault.id)
        self._book.remove(fault.id)
        if sentence:
            self._context.timeline.tell("fault", fault.target, sentence)
