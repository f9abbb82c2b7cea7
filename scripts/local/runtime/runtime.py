"""The loop that keeps what is deployed alive: controllers side by side, each in its own rhythm."""

import asyncio
import dataclasses
import logging
import time
from collections.abc import Callable, Sequence

from botocore.exceptions import BotoCoreError, ClientError

from scripts.local.runtime import logs, status
from scripts.local.runtime.balancers import Balancers
from scripts.local.runtime.caches import Caches
from scripts.local.runtime.cdns import Cdns
from scripts.local.runtime.console import Console
from scripts.local.runtime.context import Context, Controller
from scripts.local.runtime.control import ControlLoops
from scripts.local.runtime.control.api_requests import of_apis
from scripts.local.runtime.control.deliveries import of_distributions
from scripts.local.runtime.control.invocations import of_functions
from scripts.local.runtime.control.metrics import Metrics
from scripts.local.runtime.control.recovery import Recovery
from scripts.local.runtime.control.refresh import Refresh
from scripts.local.runtime.control.scaling import Scaling
from scripts.local.runtime.control.scheduled_actions import ScheduledActions
from scripts.local.runtime.control.storage import StorageAutoscaling, of_databases
from scripts.local.runtime.databases import Databases
from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.faults import Faults
from scripts.local.runtime.fleets import Fleets
from scripts.local.runtime.functions import Functions
from scripts.local.runtime.gateway import Gateways
from scripts.local.runtime.mappings import Mappings
from scripts.local.runtime.preparation import remove_own_folders
from scripts.local.runtime.schedules import Schedules
from scripts.local.runtime.status import ControllerStatus

logger = logging.getLogger(__name__)

# Seconds between the reconciliations of a controller: while something of its own starts, while a deployment
# may go on, and from then on.
STARTING = 0.25
WATCHFUL = 0.5
STEADY = 2.0
# While watchful, a pause is so many times as long as the reconciliation before it took: a busy AWS, such as
# one that is being deployed into, is asked less often.
BACK_OFF = 3.0
# Seconds for which all must have been healthy to count as steady.
CALM = 10.0
# Seconds after which what does not become healthy is not hurried any more: it would keep the machine busy.
HASTE = 60.0
# Seconds for which AWS may fail to answer before what depends on it counts as unhealthy.
AWS_PATIENCE = 10.0
LOG_CHECK_INTERVAL = 10.0


def controllers(context: Context) -> list[Controller]:
    """Return everything that brings something to life."""
    functions, fleets, balancers = Functions(context), Fleets(context), Balancers(context)
    databases, gateways, cdns = Databases(context), Gateways(context, functions), Cdns(context)
    return [
        databases,
        Caches(context),
        fleets,
        balancers,
        cdns,
        functions,
        Mappings(context, functions),
        gateways,
        Schedules(context, functions),
        ControlLoops(
            context,
            [
                Metrics(
                    context,
                    fleets,
                    balancers,
                    {
                        "AWS/Lambda": lambda: of_functions(functions.tally.take()),
                        "AWS/ApiGateway": lambda: of_apis(gateways.tally.take()),
                        "AWS/RDS": lambda: of_databases(databases.volumes()),
                        "AWS/CloudFront": lambda: of_distributions(cdns.take()),
                    },
                ),
                Recovery(context, balancers),
                ScheduledActions(context),
                Refresh(context, fleets),
                Scaling(context, fleets),
                StorageAutoscaling(context, databases),
            ],
        ),
        Faults(context, databases, functions),
        Console(context),
    ]


class Runtime:
    """Runs controllers until it is told to stop, then ends everything they started.

    `beat` is called again and again while the runtime goes on.
    """

    def __init__(self, context: Context, followed: Sequence[Controller], beat: Callable[[], None]) -> None:
        self._context = context
        self._beat = beat
        self._records = {one.name: _Record(one) for one in followed}
        self._healthy = False
        self._turned_at = time.monotonic()

    async def run(self, stop: asyncio.Event) -> None:
        """Keep all alive until `stop` is set; then end it, proxies first and databases last."""
        logger.info("following what is deployed at %s", self._context.aws.endpoint)
        tasks = [asyncio.create_task(self._follow(one), name=name) for name, one in self._records.items()]
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
        for name, record in reversed(self._records.items()):
            try:
                await record.controller.close()
            except Exception:  # whatever it is, the others still have to end
                logger.exception("%s did not close", name)
        await self._context.supervisor.stop_all()
        await asyncio.to_thread(remove_own_folders, self._context.state)
        status.remove(self._context.state)

    async def _follow(self, record: "_Record") -> None:
        """Reconcile one controller again and again, whenever what it needs is there."""
        while True:
            record.waits_for = self._missing(record)
            if not record.waits_for:
                await record.reconcile()
            await asyncio.sleep(self._pause(record))

    def _missing(self, record: "_Record") -> str:
        """Return the name of a controller that this one needs and that has not come up, "" for none.

        With nothing deployed, a controller is healthy from its first reconciliation on. What was healthy
        all the time has to be so once more since this one looked last: else this one could see something
        that was deployed, and start it before what it needs. Once come up, nothing holds this one up. Where
        this runtime takes over, all has come up before: then it is enough that what is needed was looked at.
        """
        if self._context.settled:
            return ""
        needed = [self._records[name] for name in record.controller.after if name in self._records]
        for other in needed:
            ready = other.status.healthy and other.status.seen_at >= record.finished_at
            known = self._context.takes_over and other.finished_at
            if not (other.came_up or ready or known):
                return other.status.name
        return ""

    def _pause(self, record: "_Record") -> float:
        """Return how long to wait before a controller's next reconciliation."""
        since = time.monotonic() - self._turned_at
        if self._healthy:
            return STEADY if since > CALM else WATCHFUL
        if since > HASTE:
            return STEADY
        if record.status.healthy:
            return min(max(WATCHFUL, BACK_OFF * record.took), STEADY)
        return STARTING

    async def _tell(self) -> None:
        """Write the status file again and again."""
        while True:
            healthy = self._write_status()
            if healthy != self._healthy:
                self._healthy, self._turned_at = healthy, time.monotonic()
            if healthy and time.monotonic() - self._turned_at > CALM:
                self._context.settled = True
            await asyncio.sleep(WATCHFUL if healthy else STARTING)

    def _write_status(self) -> bool:
        try:
            self._beat()
            return status.write(
                self._context.state,
                addresses=self._context.addresses.named(),
                processes=self._context.supervisor.statuses(),
                controllers=[record.told() for record in self._records.values()],
            )
        except OSError:  # a full disk is no reason to end what runs
            logger.exception("the status cannot be written")
            return False

    async def _bound_logs(self) -> None:
        while True:
            try:
                await asyncio.to_thread(logs.bound, self._context.state / "logs")
            except OSError:
                logger.exception("logs cannot be moved aside")
            await asyncio.sleep(LOG_CHECK_INTERVAL)


class _Record:
    """A controller, and what came of its reconciliations."""

    def __init__(self, controller: Controller) -> None:
        self.controller = controller
        self.status = ControllerStatus(name=controller.name, healthy=False, detail="", seen_at=0.0)
        self.came_up = False
        self.finished_at = 0.0
        self.took = 0.0
        self.waits_for = ""

    async def reconcile(self) -> None:
        """Have the controller reconcile once, and keep what came of it."""
        before, started = self.status, time.monotonic()
        self.status = await self._reconcile()
        self.took = time.monotonic() - started
        self.finished_at = time.time()
        if self.status.detail and self.status.detail != before.detail:
            logger.warning("%s: %s", self.status.name, self.status.detail)
        if self.status.healthy and not before.healthy and before.seen_at:
            self.came_up = True

    def told(self) -> ControllerStatus:
        """Return the status as it is told: what waits or hangs is not healthy."""
        age = time.time() - self.status.seen_at
        if self.waits_for:
            return dataclasses.replace(self.status, healthy=False, detail=f"waits for {self.waits_for}")
        if self.status.healthy and age > STEADY + AWS_PATIENCE:
            detail = self.status.detail or f"has not come back for {age:.0f} s"
            return dataclasses.replace(self.status, healthy=False, detail=detail)
        return self.status

    async def _reconcile(self) -> ControllerStatus:
        status, seen_at = self.status, time.time()
        try:
            healthy = await self.controller.reconcile()
        except LocalRuntimeError as error:
            return dataclasses.replace(status, healthy=False, detail=str(error), seen_at=seen_at)
        except (BotoCoreError, ClientError) as error:  # nothing was seen
            patient = status.healthy and seen_at - status.seen_at < AWS_PATIENCE
            return dataclasses.replace(status, healthy=patient, detail=f"AWS: {error}")
        except Exception as error:  # a defect in one controller must not end what the others keep alive
            logger.exception("%s failed", status.name)
            detail = f"{type(error).__name__}: {error}"
            return dataclasses.replace(status, healthy=False, detail=detail, seen_at=seen_at)
        return dataclasses.replace(status, healthy=healthy, detail="", seen_at=seen_at)
