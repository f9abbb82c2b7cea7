"""The standby of this very runtime: a process that waits until it may lead in its place."""

import os
import sys
from pathlib import Path

from scripts.local.ledger import STANDBY
from scripts.local.runtime.arguments import Arguments
from scripts.local.runtime.context import Context
from scripts.local.runtime.supervisor import ProcessSpec

ROOT = Path(__file__).resolve().parents[3]


class Standby:
    """Keeps a standby for as long as this runtime leads, and ends what was left of the one before."""

    name = STANDBY
    after: tuple[str, ...] = ()

    def __init__(self, context: Context, arguments: Arguments) -> None:
        self._context = context
        self._supervisor = context.supervisor
        self._spec = ProcessSpec(
            name=STANDBY,
            role=STANDBY,
            command=[sys.executable, "-m", "scripts.local.runtime.successor", *arguments.words],
            directory=ROOT,
            environment=dict(os.environ),  # it is to find the same programs
        )

    async def reconcile(self) -> bool:
        """Have it run; True when it does."""
        await self._supervisor.ensure(self._spec)
        runs = self._supervisor.pid(STANDBY) is not None
        self._supervisor.report_health(STANDBY, healthy=runs)
        if self._context.settled:
            await self._supervisor.end_inherited()
        return runs

    async def close(self) -> None:
        """End it: nobody is to lead any more. This is the first of all that ends."""
        await self._supervisor.stop(STANDBY)
