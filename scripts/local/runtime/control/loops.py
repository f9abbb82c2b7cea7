"""Runs the control loops, one after the other, each period."""

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Protocol

from botocore.exceptions import BotoCoreError, ClientError

from scripts.local.runtime.context import Context
from scripts.local.runtime.control.minute import MINUTE
from scripts.local.runtime.errors import LocalRuntimeError

logger = logging.getLogger(__name__)


class Loop(Protocol):
    """Looks at what runs and at what is deployed, and moves the one towards the other."""

    name: str

    async def step(self, now: float) -> None:
        """Act once, at the end of a period, `now` in seconds since the epoch. May raise: it is told."""
        ...


class ControlLoops:
    """The loops, from when everything has been healthy for a while: no start is made slower by them."""

    name = "control"
    after: tuple[str, ...] = ()

    def __init__(self, context: Context, loops: Sequence[Loop]) -> None:
        self._context = context
        self._loops = loops
        self._problems: dict[str, Exception] = {}
        self._task: asyncio.Task[None] | None = None

    async def reconcile(self) -> bool:
        """Start the loops when it is time; raise what the last step of one of them came to, if it failed."""
        if self._task is None and self._context.settled:
            self._task = asyncio.create_task(self._run(), name="control loops")
        for name, problem in self._problems.items():
            if isinstance(problem, BotoCoreError | ClientError):
                raise problem.with_traceback(None)
            raise LocalRuntimeError(f"The control loop of {name}: {type(problem).__name__}: {problem}")
        return True

    async def close(self) -> None:
        """End the loops."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(MINUTE - time.time() % MINUTE)
            await self.step(round(time.time() / MINUTE) * MINUTE)

    async def step(self, now: float) -> None:
        """Let each loop act once; what fails does not keep the others from it."""
        for loop in self._loops:
            try:
                await loop.step(now)
                self._problems.pop(loop.name, None)
            except Exception as error:  # whatever it is, the others go on, and the next period tries again
                if loop.name not in self._problems:
                    logger.exception("the control loop of %s failed", loop.name)
                self._problems[loop.name] = error
