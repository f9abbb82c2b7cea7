"""The console as a process of its own, so that the page outlives a fault in what it shows."""

import sys
from pathlib import Path

from scripts.local.runtime.context import Context
from scripts.local.runtime.ports import HOST, listens
from scripts.local.runtime.supervisor import ProcessSpec

ROOT = Path(__file__).resolve().parents[3]
NAME = "console"


class Console:
    """Keeps the console's process."""

    name = NAME
    after: tuple[str, ...] = ()

    def __init__(self, context: Context) -> None:
        self._context = context
        self._port = 0

    async def reconcile(self) -> bool:
        """Have it run; True when it listens."""
        if not self._port:
            self._port = self._context.ports.take(NAME, NAME)
            self._context.addresses.publish("", f"http://{HOST}:{self._port}", NAME)
        await self._context.supervisor.ensure(self._spec())
        answers = await listens(self._port)
        detail = "" if answers else f"does not answer at {self._port}"
        self._context.supervisor.report_health(NAME, healthy=answers, detail=detail)
        return answers

    async def close(self) -> None:
        """Nothing is held between reconciliations."""

    def _spec(self) -> ProcessSpec:
        options = {
            "--state": str(self._context.state.resolve()),
            "--endpoint": self._context.aws.endpoint,
            "--port": str(self._port),
        }
        return ProcessSpec(
            name=NAME,
            role=NAME,
            command=[
                sys.executable,
                "-m",
                "scripts.local.console",
                *(part for pair in options.items() for part in pair),
            ],
            directory=ROOT,
            environment={},
            port=self._port,
        )
