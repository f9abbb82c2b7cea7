"""A drill of the events: orders are placed while things go wrong, and then the books are compared."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx
import pg8000.native  # type: ignore[import-untyped] # it has no annotations
from botocore.exceptions import BotoCoreError, ClientError

from scripts.drill import plan, reading
from scripts.drill.books import Acknowledged, Books
from scripts.drill.customers import Customers, wishes
from scripts.drill.errors import DrillError
from scripts.drill.faults import Faults
from scripts.drill.pace import hastened
from scripts.drill.plan import Fault
from scripts.drill.reconciliation import Check, reconcile, reconcile_orders
from scripts.drill.settling import Settling
from scripts.drill.stack import Consumer, Stack, await_health

QUIET_WITHIN = 120.0  # seconds until nothing is under way before the drill
SETTLED_WITHIN = 600.0  # seconds until all is done after the last order and the last fault

# Events and messages that are under way at once: faults are to meet work, not a backlog.
MOST_UNDER_WAY = 400
WATCH = 1.0  # seconds between two counts of them

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a drill.

    Attributes:
        orders: how many were acknowledged.
        faults: how many there were of each kind.
        refused: calls that AWS refused, by operation.
        seconds: how long it took, from the first order until all was settled.
        checks: the reconciliation.
    """

    orders: int
    faults: Mapping[str, int]
    refused: Mapping[str, int]
    seconds: float
    checks: Sequence[Check]

    @property
    def balances(self) -> bool:
        """Whether every promise was kept."""
        return all(check.holds for check in self.checks)


@dataclass
class Drill:
    """A drill of a running stack. `say` tells people a line."""

    stack: Stack
    orders: int
    seed: int
    say: Say
    _placed: list[Acknowledged] = field(default_factory=list)
    _under_way: int = 0
    _over: threading.Event = field(default_factory=threading.Event)

    def hold(self) -> Outcome:
        """Hold the drill; return what came of it, be it good or bad.

        Raises:
            DrillError: it cannot be held, or the shop takes no orders.
        """
        try:
            consumers = self.stack.consumers()
            settling = Settling(self.stack, consumers, self.say)
            with hastened(self.stack, consumers):
                if not settling.settle(QUIET_WITHIN, lambda: True):
                    raise DrillError("the stack is at work on something else. Wait until it has ended.")
                return self._hold(consumers, settling)
        except (BotoCoreError, ClientError, httpx.TransportError, pg8000.Error, OSError) as error:
            raise DrillError(f"the stack does not answer: {error!r}. See: blueprint local status") from error

    def _hold(self, consumers: Sequence[Consumer], settling: Settling) -> Outcome:
        begun, refused = reading.start(self.stack, consumers), Counter(self.stack.refused())
        wanted = list(wishes(self.orders, begun.shelf.stock, self.seed))
        planned = plan.faults(self.orders, self.seed)
        ends = plan.leader_ends(self.orders)
        by_name = {one.name: one for one in consumers}
        faults = Faults(self.stack, by_name, self.say, self._placed)
        started = time.monotonic()
        # Faults at one place come one after the other, and do not wait for those at another.
        places = {fault.at for fault in planned}
        with ThreadPoolExecutor(2 + len(places), thread_name_prefix="faults") as threads:
            try:
                watch = threads.submit(self._watch, consumers)
                done = [threads.submit(self._happen, faults, planned, place) for place in places]
                done.append(threads.submit(self._end_leaders, faults, ends))
                Customers(self.stack, self._await_turn, self._placed.append).order(wanted)
                self.say(f"{len(self._placed)} orders are placed and paid")
                for one in done:
                    one.result()
            finally:
                self._over.set()
            watch.result()

        def read() -> Books:
            deeds = reading.Deeds(poison=faults.poison, left=faults.left)
            return reading.books(self.stack, consumers, begun, self._placed, deeds)

        faults.let_go()
        settling.settle(SETTLED_WITHIN, lambda: all(check.holds for check in reconcile_orders(read())))
        seconds = time.monotonic() - started
        await_health(self.stack.state)
        return Outcome(
            orders=len(self._placed),
            faults=dict(faults.happened),
            refused=dict(Counter(self.stack.refused()) - refused),
            seconds=seconds,
            checks=reconcile(read()),
        )

    def _happen(self, faults: Faults, planned: Sequence[Fault], place: str) -> None:
        for fault in planned:
            if fault.at == place and self._reaches(fault.after):
                faults.happen(fault)

    def _end_leaders(self, faults: Faults, ends: Sequence[int]) -> None:
        previous = None
        for after in ends:
            if self._reaches(after):
                previous = faults.kill_leader(previous)

    def _watch(self, consumers: Sequence[Consumer]) -> None:
        """Keep count of what is under way."""
        while not self._over.wait(WATCH):
            self._under_way = sum(reading.waiting(self.stack, consumers).values())

    def _await_turn(self) -> None:
        """Wait while too much is under way."""
        while self._under_way > MOST_UNDER_WAY and not self._over.wait(WATCH / 10):
            pass

    def _reaches(self, count: int) -> bool:
        """Wait until so many orders were placed; tell whether that came about."""
        while len(self._placed) < count:
            if self._over.wait(0.02):
                break
        return not self._over.is_set()  # Ctrl-C ends the faults, too
