"""The loop that keeps what is deployed alive: controllers side by side, each in its own rhythm."""

import asyncio
import logging
import time
from collections.abc import Sequence

from botocore.exceptions import BotoCoreError, ClientError

from scripts.local.runtime import logs, status
from scripts.local.runtime.balancers import Balancers
from scripts.local.runtime.caches import Caches
from scripts.local.runtime.cdns import Cdns
from scripts.local.runtime.context import Context, Controller
from scripts.local.runtime.databases import Databases
from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.fleets import Fleets
from scripts.local.runtime.functions import Functions
from scripts.local.runtime.gateway import Gateways
from scripts.local.runtime.mappings import Mappings
from scripts.local.runtime.preparation import remove_own_folders
from scripts.local.runtime.status import ControllerStatus

logger = logging.getLogger(__name__)

# Seconds between reconciliations: while things start, and otherwise.
FAST = 0.25
STEADY = 2.0
# Seconds of haste after the start and after something turned unhealthy: no longer, or a lasting trouble would
# keep the machine busy.
HASTE = 60.0
# Seconds for which AWS may fail to answer before what depends on it counts as unhealthy.
AWS_PATIENCE = 10.0
LOG_CHECK_INTERVAL = 10.0


def controllers(context: Context) -> list[Controller]:
    """Return everything that brings something to life."""
    functions = Functions(context)
    return [
        Databases(context),
        Caches(context),
        Fleets(context),
        Balancers(context),
        Cdns(context),
        functions,
        Mappings(context, functions),
        Gateways(context, functions),
    ]


class Runtime:
    """Runs controllers until it is told to stop, then ends everything they started."""

    def __init__(self, context: Context, followed: Sequence[Controller]) -> None:
        self._context = context
        self._controllers = followed
        self._statuses = {one.name: _never(one.name) for one in followed}
        self._was_healthy = False
        self._hasty_until = time.monotonic() + HASTE

    async def run(self, stop: asyncio.Event) -> None:
        """Keep all alive until `stop` is set; then end it, proxies first and databases last."""
        tasks = [asyncio.create_task(self._follow(one), name=one.name) for one in self._controllers]
        tasks += [asyncio.create_task(self._tell()), asyncio.create_task(self._bound_logs())]
        stopping = asyncio.create_task(stop.wait())
        try:
            done, _ = await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()  # only a defect of ours ends one before the stop: it is raised here
        finally:
            for task in [stopping, *tasks]:
                task.cancel()
            await asyncio.gather(stopping, *tasks, return_exceptions=True)
            await self._end()

    async def _end(self) -> None:
        logger.info("ending everything")
        for one in reversed(self._controllers):
            try:
                await one.close()
            except Exception:  # whatever it is, the others still have to end
                logger.exception("%s did not close", one.name)
        await self._context.supervisor.stop_all()
        await asyncio.to_thread(remove_own_folders, self._context.state)
        status.remove(self._context.state)

    async def _follow(self, controller: Controller) -> None:
        """Reconcile one controller again and again."""
        while True:
            if self._may_run(controller):
                found = await self._reconcile(controller)
                before = self._statuses[controller.name]
                if found.detail and found.detail != before.detail:
                    logger.warning("%s: %s", controller.name, found.detail)
                self._statuses[controller.name] = found
            await asyncio.sleep(self._pause())

    def _pause(self) -> float:
        return FAST if time.monotonic() < self._hasty_until else STEADY

    def _may_run(self, controller: Controller) -> bool:
        """Tell whether what it needs is there; once all was healthy it acts whatever becomes of that."""
        needed = [self._statuses[name] for name in controller.after if name in self._statuses]
        return self._was_healthy or all(one.healthy for one in needed)

    async def _reconcile(self, controller: Controller) -> ControllerStatus:
        before = self._statuses[controller.name]
        seen_at = time.time()
        try:
            healthy = await controller.reconcile()
        except LocalRuntimeError as error:
            return ControllerStatus(name=controller.name, healthy=False, detail=str(error), seen_at=seen_at)
        except (BotoCoreError, ClientError) as error:
            patient = before.healthy and seen_at - before.seen_at < AWS_PATIENCE
            return ControllerStatus(
                name=controller.name, healthy=patient, detail=f"AWS: {error}", seen_at=before.seen_at
            )
        except Exception as error:  # a defect in one controller must not end what the others keep alive
            logger.exception("%s failed", controller.name)
            detail = f"{type(error).__name__}: {error}"
            return ControllerStatus(name=controller.name, healthy=False, detail=detail, seen_at=seen_at)
        return ControllerStatus(name=controller.name, healthy=healthy, detail="", seen_at=seen_at)

    async def _tell(self) -> None:
        """Write the status file again and again."""
        while True:
            healthy = status.write(
                self._context.state,
                addresses=self._context.addresses.named(),
                processes=self._context.supervisor.statuses(),
                controllers=[self._fresh(one) for one in self._statuses.values()],
            )
            if healthy:
                self._was_healthy = True
                self._hasty_until = 0.0
            elif self._was_healthy and not self._hasty_until:
                self._hasty_until = time.monotonic() + HASTE
            await asyncio.sleep(self._pause())

    def _fresh(self, found: ControllerStatus) -> ControllerStatus:
        """Return what was found last, as unhealthy when it was long ago: something hangs."""
        age = time.time() - found.seen_at
        if not found.healthy or age < STEADY + AWS_PATIENCE:
            return found
        detail = found.detail or f"has not come back for {age:.0f} s"
        return ControllerStatus(name=found.name, healthy=False, detail=detail, seen_at=found.seen_at)

    async def _bound_logs(self) -> None:
        while True:
            await asyncio.to_thread(logs.bound, self._context.state / "logs")
            await asyncio.sleep(LOG_CHECK_INTERVAL)


def _never(name: str) -> ControllerStatus:
    return ControllerStatus(name=name, healthy=False, detail="", seen_at=0.0)
