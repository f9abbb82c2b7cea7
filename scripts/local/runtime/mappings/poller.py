"""What pollers of queues and of streams have in common: they run until they are told to finish."""

import asyncio
import contextlib
import logging
from abc import ABC, abstractmethod
from collections.abc import Coroutine

from scripts.local.runtime.context import Context
from scripts.local.runtime.functions import Functions
from scripts.local.runtime.mappings.mapping import Mapping

logger = logging.getLogger(__name__)

# Seconds before a poller tries again what failed: AWS does not answer, the function is gone, ...
RETRY_DELAY = 2.0


class Poller(ABC):
    """Feeds a function with what comes in at a mapping's event source."""

    def __init__(self, mapping: Mapping, context: Context, functions: Functions) -> None:
        self.mapping = mapping
        self._context = context
        self._functions = functions
        self._problems: dict[str, str] = {}
        self._stopping = asyncio.Event()
        self._work = asyncio.TaskGroup()
        self._task = asyncio.create_task(self._run(), name=f"poll {mapping.source}")

    @property
    def problem(self) -> str:
        """Why a part of it cannot work at the moment; empty while all can."""
        return next((problem for problem in self._problems.values() if problem), "")

    @property
    def is_done(self) -> bool:
        """Whether it has finished."""
        return self._task.done()

    def stop(self) -> None:
        """Have it take nothing new and finish what it has begun; `is_done` tells when."""
        self._stopping.set()

    async def cut_off(self) -> None:
        """End it now. What it had begun comes again: messages once visible, records from the checkpoint."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    @abstractmethod
    async def _poll(self) -> None:
        """Poll once, and start what is to be done about it in `_work`. May raise whatever makes it fail."""

    async def _run(self) -> None:
        async with self._work:  # its end waits for what was begun; cut off, it cuts that off too
            while not self._stopping.is_set():
                await self._attempt("", self._poll())

    async def _attempt(self, part: str, work: Coroutine[None, None, None]) -> None:
        """Await the work; its failure is the problem of that part until it succeeds, and is waited out."""
        try:
            await work
            self._problems[part] = ""
        except Exception as error:
            self._problems[part] = f"Event source mapping {self.mapping.id} ({self.mapping.source}): {error}"
            logger.warning("%s", self._problems[part], exc_info=True)
            await self._pause(RETRY_DELAY)

    async def _pause(self, seconds: float) -> None:
        """Sleep, unless told to stop."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
