"""Looks at everything again and again, and tells who watches."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from scripts.local.console import snapshot, topology, trace
from scripts.local.console.history import History
from scripts.local.console.load import Load
from scripts.local.console.model import Node, Topology
from scripts.local.console.probes import functions, gateways, queues, storage
from scripts.local.console.probes.caches import Caches
from scripts.local.console.probes.cdns import Cdns
from scripts.local.console.probes.databases import Databases
from scripts.local.console.probes.requests import Requests
from scripts.local.faults.book import Book
from scripts.local.ledger import STANDBY
from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.control.cpu import CpuMeter
from scripts.local.runtime.ports import HOST
from scripts.local.status import read_status
from scripts.local.timeline import Timeline

logger = logging.getLogger(__name__)

WATCHED, UNWATCHED = 1.0, 5.0  # seconds between two looks
COSTLY_AGE = 3.0  # seconds
EVENTS = 50  # that the page shows
LOST = "The runtime is gone. What it managed goes on, and its standby is about to lead."
# What is said before the name of a node where an order came by.
PLACES = {"database": "PostgreSQL ", "function": "function ", "fleet": "instance "}


class Watch:
    """What the console knows; `latest` is what the page is told."""

    def __init__(self, aws: Aws, state: Path) -> None:
        self._aws = aws
        self._state = state
        self._requests = Requests(state / "logs")
        self._cdns = Cdns(state / "logs")
        self._cpu = CpuMeter()
        self._caches = Caches()
        self._databases = Databases(aws)
        self._topology = Topology(groups=(), edges=())
        self._timeline = Timeline(state)
        self._book = Book(state)
        self._last_costly: dict[str, dict[str, float]] = {}
        self._costly_until = 0.0
        self._changes: int | None = None
        self._watchers = 0
        self._news = asyncio.Condition()
        self.status: Mapping[str, Any] = {"processes": [], "addresses": {}}
        self.history = History()
        self.latest: dict[str, Any] = {}
        self.load = Load()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look again and again until the block ends."""
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await self.close()

    async def close(self) -> None:
        """Close the connections to what is watched."""
        await self.load.close()
        await self._caches.close()
        await self._databases.close()

    async def follow(self) -> AsyncGenerator[dict[str, Any], None]:
        """Give what is known now, and then all news."""
        self._watchers += 1
        try:
            while True:
                yield self.latest
                async with self._news:
                    await self._news.wait()
        finally:
            self._watchers -= 1

    def node(self, identifier: str) -> Node | None:
        """Return a node by its id."""
        nodes = (node for group in self._topology.groups for node in group.nodes)
        return next((node for node in nodes if node.id == identifier), None)

    async def follow_order(self, order: str | None) -> tuple[str, list[trace.Step]] | None:
        """Follow an order, or the newest; None where there is none. See `scripts.local.console.trace`."""
        nodes = [node for group in self._topology.groups if group.kind == "database" for node in group.nodes]
        primaries = trace.primaries_of(nodes, self._places(nodes))
        order = order or await trace.newest(self._databases, primaries)
        if order is None:
            return None
        logs = {
            process["name"]: Path(process["log"])
            for process in self.status["processes"]
            if process["role"] in ("app", "function")
        }
        steps = await trace.steps(order, self._databases, primaries, logs)
        return (order, [self._placed(step) for step in steps])

    def _placed(self, step: trace.Step) -> trace.Step:
        """Say of a step at which node it was, by what the page calls that."""
        begin = snapshot.beginning(self._topology)
        for group in self._topology.groups:
            for node in group.nodes:
                if node.id == step.node or snapshot.processes_of(node, [{"name": step.place}]):
                    place = f"{PLACES.get(group.kind, '')}{node.title.removeprefix(begin)}"
                    return replace(step, node=node.id, place=place)
        return step

    async def _run(self) -> None:
        while True:
            started = time.monotonic()
            try:
                await self.look()
            except Exception:  # a defect here must not make the page go stale for good
                logger.exception("could not look")
            pace = WATCHED if self._watchers else UNWATCHED
            await asyncio.sleep(max(pace - (time.monotonic() - started), pace / 2))

    async def look(self) -> None:
        """Look at everything once."""
        self.status = await asyncio.to_thread(read_status, self._state)
        problem = "" if self.status["addresses"] else LOST  # which a runtime that leads tells
        try:
            await self._read_topology()
            figures = await self._measure()
        except (BotoCoreError, ClientError) as error:
            problem, figures = f"The local AWS does not answer: {error}", {}
        now = time.time()
        self.history.add(now, figures)
        self.latest = {
            "at": now,
            "healthy": self.status["healthy"],
            "watched": any(one["role"] == STANDBY and one["healthy"] for one in self.status["processes"]),
            "problem": problem,
            "addresses": self.status["addresses"],
            "events": [asdict(event) for event in self._timeline.events()[-EVENTS:]],
            "visitors": self.load.wanted,
            "faults": [asdict(fault) for fault in self._book.faults() if fault.begun_at],
            **snapshot.of(self._topology, self.status["processes"], figures),
        }
        async with self._news:
            self._news.notify_all()

    async def _read_topology(self) -> None:
        """Read what is deployed, unless nothing was changed since."""
        changes = await self._aws.changes()
        if changes is None or changes != self._changes:
            self._topology = await topology.read(self._aws)
            self._changes = changes

    async def _measure(self) -> dict[str, dict[str, float]]:
        by_kind: dict[str, list[Node]] = {}
        for group in self._topology.groups:
            by_kind.setdefault(group.kind, []).extend(group.nodes)
        measured = [
            self._requests.measure(by_kind.get("balancer", []), self._places(by_kind.get("fleet", []))),
            self._cdns.measure(by_kind.get("cdn", [])),
            await self._caches.measure(self._places(by_kind.get("cache", []))),
            await self._costly(by_kind),
        ]
        measured += [
            await self._databases.measure(group.nodes, self._places(group.nodes))
            for group in self._topology.groups
            if group.kind == "database"
        ]
        measured += [self._capacity(), {"clients": self._of_visitors()}]
        return _merged(*measured)

    async def _costly(self, by_kind: Mapping[str, Sequence[Node]]) -> dict[str, dict[str, float]]:
        """Return what costs most to measure, as it was some seconds ago: CPU, and what is asked of AWS."""
        now = time.monotonic()
        if now >= self._costly_until:
            waiting = [*by_kind.get("queue", []), *by_kind.get("dead letters", [])]
            called = [group for group in self._topology.groups if group.kind == "function"]
            self._last_costly = _merged(
                self._of_processes(),
                await queues.measure(self._aws, waiting),
                await functions.measure(self._aws, called),
                await gateways.measure(self._aws, by_kind.get("gateway", [])),
                await storage.measure(self._aws, by_kind.get("database", [])),
            )
            self._costly_until = now + COSTLY_AGE
        return self._last_costly

    def _capacity(self) -> dict[str, dict[str, float]]:
        """Return of each group with sizes how many nodes it is to have, and how many serve."""
        processes = self.status["processes"]
        found: dict[str, dict[str, float]] = {}
        for group in self._topology.groups:
            if group.sizes is not None:
                own = [(node, snapshot.processes_of(node, processes)) for node in group.nodes]
                serving = sum(snapshot.state_of(*each) == "healthy" for each in own)
                found[group.id] = {"desired": group.sizes.desired, "serving": serving}
        return found

    def _of_visitors(self) -> dict[str, float]:
        """Return what the visitors say that the console itself sends."""
        told = self.load.latest
        return {name: told[name] for name in ("users", "requests", "failures", "p95") if name in told}

    def _of_processes(self) -> dict[str, dict[str, float]]:
        """Return the CPU of every node that has processes."""
        processes = self.status["processes"]
        used = self._cpu.measure([one["pid"] for one in processes if one["pid"]], time.time())
        found: dict[str, dict[str, float]] = {}
        for group in self._topology.groups:
            for node in group.nodes:
                own = [
                    used[one["pid"]] for one in snapshot.processes_of(node, processes) if one["pid"] in used
                ]
                if own:
                    found[node.id] = {"cpu": sum(own)}
        return found

    def _places(self, nodes: Sequence[Node]) -> dict[str, str]:
        """Return where each node is on this machine, by its id; only those that run."""
        processes = self.status["processes"]
        return {
            node.id: f"{HOST}:{own[0]['port']}"
            for node in nodes
            if (own := snapshot.processes_of(node, processes)) and own[0]["port"] and own[0]["pid"]
        }


def _merged(*measured: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """Return the figures of each node from all that were measured."""
    found: dict[str, dict[str, float]] = {}
    for some in measured:
        for node, figures in some.items():
            found.setdefault(node, {}).update(figures)
    return found
