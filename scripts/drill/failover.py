"""A drill of the data: servers fail under a constant load of orders, and what was promised is counted."""

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pg8000.native  # type: ignore[import-untyped] # it has no annotations
from botocore.exceptions import BotoCoreError, ClientError

from scripts.db.instances import Instances
from scripts.drill.errors import DrillError
from scripts.drill.shoppers import Shoppers, missing
from scripts.drill.stack import Stack, await_health
from scripts.local.faults.book import Book, Kind
from scripts.local.status import read_status
from scripts.local.timeline import Timeline
from scripts.reach import Reach

WARM_UP = 20  # orders before something fails
AFTERWARDS = 20  # orders after it, and while the replica gets nothing
WITHIN = 120.0  # seconds for so many
REPLICA = "drill-replica"
LASTS = 120.0  # seconds that what is frozen would stand still if nobody acted
LOOK = 0.1


@dataclass(frozen=True, kw_only=True)
class Takeover:
    """A primary with a synchronous standby failed: how long nothing was acknowledged, and what was lost."""

    fault: str
    acknowledged: int
    refused_seconds: float
    lost: list[str]


@dataclass(frozen=True, kw_only=True)
class Promotion:
    """An asynchronous replica that got nothing any more was promoted: what it lacks."""

    acknowledged: int
    meanwhile: int
    missing: list[str]


@dataclass(frozen=True, kw_only=True)
class Replacement:
    """The process of an instance was killed: which requests failed, and its absence."""

    acknowledged: int
    failed_under_way: int
    failed_later: int
    seconds: float
    lost: list[str]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of the drill."""

    takeover: Takeover
    promotion: Promotion
    replacement: Replacement

    @property
    def holds(self) -> bool:
        """Whether nothing was lost where nothing may be lost."""
        return not self.takeover.lost and not self.replacement.lost


@dataclass
class FailoverDrill:
    """A drill of a running stack by a fault of its primary. `say` tells people a line."""

    stack: Stack
    fault: Kind
    say: Callable[[str], None]

    def hold(self) -> Outcome:
        """Hold the drill; return what came of it, be it good or bad.

        Raises:
            DrillError: it cannot be held, or the shop takes no orders.
        """
        try:
            primary = self._primary()
            outcome = Outcome(
                takeover=self._take_over(primary),
                promotion=self._promote(primary),
                replacement=self._replace(),
            )
        except (BotoCoreError, ClientError, httpx.TransportError, pg8000.Error, OSError) as error:
            raise DrillError(f"the stack does not answer: {error!r}. See: blueprint local status") from error
        finally:
            Book(self.stack.state).heal()
        await_health(self.stack.state)
        return outcome

    def _take_over(self, primary: str) -> Takeover:
        shoppers = Shoppers(self.stack)
        with shoppers.shopping():
            shoppers.await_orders(WARM_UP, since=0.0, within=WITHIN)
            self.say(f"{self.fault}: {primary}, which has a synchronous standby")
            failed_at = self._break(self.fault, primary)
            self._await_failover(failed_at)
            shoppers.await_orders(AFTERWARDS, since=time.monotonic(), within=WITHIN)
        await_health(self.stack.state)
        orders = shoppers.acknowledged
        with self.stack.database() as connection:
            lost = missing(orders, connection)
        return Takeover(
            fault=self.fault,
            acknowledged=len(orders),
            refused_seconds=longest_gap(orders_at=[one.ended for one in orders], since=failed_at),
            lost=lost,
        )

    def _promote(self, primary: str) -> Promotion:
        """Promote a replica of the drill's own; the stack goes on with its primary."""
        shoppers = Shoppers(self.stack)
        with self._replica(primary.removeprefix("database-")) as port:
            with shoppers.shopping():
                shoppers.await_orders(WARM_UP, since=0.0, within=WITHIN)
                self.say(f"freeze: {REPLICA}, an asynchronous replica, which gets nothing any more")
                cut_at = self._break("freeze", f"database-{REPLICA}")
                shoppers.await_orders(AFTERWARDS, since=cut_at, within=WITHIN)
            self.say(f"{REPLICA} is promoted, as if the primary were gone for good")
            Instances(self._reach(), self.stack.state).promote(REPLICA)
            orders = shoppers.acknowledged
            with self.stack.database(port) as connection:
                lacks = missing(orders, connection)
        meanwhile = sum(one.ended >= cut_at for one in orders)
        return Promotion(acknowledged=len(orders), meanwhile=meanwhile, missing=lacks)

    def _replace(self) -> Replacement:
        shoppers = Shoppers(self.stack)
        victim = next(one for one in self._processes() if one["role"] == "app")
        with shoppers.shopping():
            shoppers.await_orders(WARM_UP, since=0.0, within=WITHIN)
            self.say(f"kill: {victim['name']}, one of the instances")
            asked_at = self._break("kill", victim["name"])
            seconds = self._await_another(victim, asked_at)
            shoppers.await_orders(AFTERWARDS, since=time.monotonic(), within=WITHIN)
        orders = shoppers.acknowledged
        with self.stack.database() as connection:
            lost = missing(orders, connection)
        killed_at = self._killed_at(victim["name"], asked_at)
        failed = [one.begun <= killed_at for one in shoppers.attempts if one.order_id is None]
        return Replacement(
            acknowledged=len(orders),
            failed_under_way=sum(failed),
            failed_later=len(failed) - sum(failed),
            seconds=seconds,
            lost=lost,
        )

    def _primary(self) -> str:
        """Return the process of the primary that the shop writes to.

        Raises:
            DrillError: it has no standby.
        """
        processes = self._processes()
        primary = next(one["name"] for one in processes if one["role"] == "database")
        if f"{primary}-standby" not in {one["name"] for one in processes}:
            raise DrillError(f"{primary} has no standby: set database.multi_az of the stack, and deploy it.")
        return str(primary)

    def _break(self, kind: Kind, target: str) -> float:
        """Have the runtime begin a fault; return when it was asked to, a moment before."""
        asked_at, book = time.monotonic(), Book(self.stack.state)
        book.await_begin(book.ask(kind, target, 0 if kind == "kill" else LASTS))
        return asked_at

    def _killed_at(self, name: str, asked_at: float) -> float:
        """Return when the runtime had killed a process, as the timeline tells, on the monotonic clock."""
        offset, told = clock_offset(), Timeline(self.stack.state).events()
        return next(
            one.time - offset
            for one in told
            if one.kind == "fault" and one.subject == name and one.time >= asked_at + offset
        )

    def _await_failover(self, failed_at: float) -> None:
        """Wait until RDS tells of a later failover; a killed primary may be back before there is one."""
        since = failed_at + clock_offset()
        deadline = time.monotonic() + (WITHIN if self.fault == "freeze" else WITHIN / 6)
        while time.monotonic() < deadline:
            events = self.stack.client("rds").describe_events(SourceType="db-instance")["Events"]
            if any(
                one["Date"].timestamp() > since and one["Message"].endswith("failover completed")
                for one in events
            ):
                return
            time.sleep(LOOK)
        if self.fault == "freeze":
            raise DrillError(
                f"no standby has taken over within {WITHIN:.0f} s. See: blueprint local timeline"
            )

    @contextmanager
    def _replica(self, source: str) -> Iterator[int]:
        """Have a replica of the drill's own until the block ends; yield its port."""
        rds = self.stack.client("rds")
        rds.create_db_instance_read_replica(DBInstanceIdentifier=REPLICA, SourceDBInstanceIdentifier=source)
        try:
            deadline = time.monotonic() + WITHIN
            while True:
                found = [one for one in self._processes() if one["name"] == f"database-{REPLICA}"]
                if found and found[0]["healthy"]:
                    break
                if time.monotonic() > deadline:
                    raise DrillError(f"{REPLICA} does not come up. See: blueprint local status")
                time.sleep(LOOK)
            yield found[0]["port"]
        finally:
            rds.delete_db_instance(DBInstanceIdentifier=REPLICA, SkipFinalSnapshot=True)

    def _await_another(self, victim: dict[str, Any], asked_at: float) -> float:
        """Wait until the process of an instance has a successor that is healthy; return how long it took."""
        deadline = time.monotonic() + WITHIN
        while time.monotonic() < deadline:
            for one in self._processes():
                if one["name"] == victim["name"] and one["healthy"] and one["pid"] != victim["pid"]:
                    return time.monotonic() - asked_at
            time.sleep(LOOK)
        raise DrillError(f"{victim['name']} is not back within {WITHIN:.0f} s. See: blueprint local timeline")

    def _processes(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = read_status(self.stack.state)["processes"]
        return found

    def _reach(self) -> Reach:
        return Reach(self.stack.session(), self.stack.endpoint, "the local stack", is_local=True)


def clock_offset() -> float:
    """Return what makes a monotonic time one in seconds since the epoch."""
    return time.time() - time.monotonic()


def longest_gap(*, orders_at: list[float], since: float) -> float:
    """Return the longest time without an acknowledgement, from the last one before a moment on."""
    before = max((at for at in orders_at if at <= since), default=since)
    later = [before, *(at for at in orders_at if at > since)]
    return max((after - earlier for earlier, after in itertools.pairwise(later)), default=0.0)
