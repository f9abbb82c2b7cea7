"""Starts processes, keeps them running, and ends them with everything that they started."""

import asyncio
import contextlib
import hashlib
import json
import logging
import os
import pwd
import signal
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Literal

import psutil

from scripts.local.ledger import Entry, Ledger, start_time
from scripts.local.runtime import logs
from scripts.local.runtime.adoption import UNKNOWN, Adopted, inherit

logger = logging.getLogger(__name__)

State = Literal["starting", "running", "failed", "stopped"]

# A process that lived this long, or was healthy, had a good start: its next end counts as the first failure.
STABLE_SECONDS = 10.0
# After so many bad starts in a row it is called failed. It is still tried again: its cause may go away.
FAILED_AFTER = 3
# The delay before the next start doubles with each failure, within limits.
MAX_DELAY = 30.0
MAX_DOUBLINGS = 10
# What serves ends before what it is served by, so that no request meets a gap that it would have to report.
STOP_ORDER = (
    ("balancer", "cdn", "gateway"),
    ("app", "function"),
    ("cache", "cache-replica", "replica"),
    ("database",),
)


@dataclass(frozen=True, kw_only=True)
class ProcessSpec:
    """How one process is started. Equal specs describe the same process: it is then left alone.

    Its role, and how soon it is started again, can change while it runs.
    `environment` is complete, nothing is inherited. `prepare` are commands that must succeed, in order,
    before each start; a failing one counts as a failed start. Delays and graces are in seconds. `user` is
    the id to run under when we are root.
    """

    name: str
    role: str = field(compare=False)
    command: Sequence[str]
    directory: Path
    environment: Mapping[str, str]
    port: int | None = None
    user: int | None = None
    prepare: Sequence[Sequence[str]] = ()
    restart_delay: float = field(default=2.0, compare=False)
    stop_signal: signal.Signals = signal.SIGTERM
    stop_grace: float = 10.0

    @property
    def digest(self) -> str:
        """What tells it from all that are not equal, also in another runtime."""
        compared = {one.name: getattr(self, one.name) for one in fields(self) if one.compare}
        compared["environment"] = dict(self.environment)
        return hashlib.sha256(json.dumps(compared, sort_keys=True, default=str).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class ProcessStatus:
    """What is known of one process now.

    `state` is "failed" after several bad starts in a row, until one succeeds; `detail` says why a start
    failed, or what the health check found; `log` is the path of its log file.
    """

    name: str
    role: str
    state: State
    pid: int | None = None
    port: int | None = None
    healthy: bool = False
    restarts: int = 0
    detail: str = ""
    log: str = ""


def _nothing(_: Iterable[str]) -> Sequence[str]:
    return ()


class Supervisor:
    """The processes of one state folder: logs in `<state>/logs`, records in the ledger of `state`.

    `missing` tells what a process has to wait for, of the values of its environment (`Addresses.missing`).
    One that `takes_over` goes on with what another has started and still runs.
    """

    def __init__(
        self,
        state: Path,
        missing: Callable[[Iterable[str]], Sequence[str]] = _nothing,
        *,
        takes_over: bool = False,
    ) -> None:
        self._ledger = Ledger(state)
        self._inherited = inherit(self._ledger) if takes_over else {}
        self._logs = state / "logs"
        self._processes: dict[str, _Process] = {}
        self._absent: dict[str, ProcessStatus] = {}
        self._missing = missing
        self._closed = False

    async def ensure(self, spec: ProcessSpec) -> None:
        """Have this process run: start it unless it is there, replace it when its spec changed.

        Returns without waiting for the start; what comes of it is in `statuses`. While its environment names
        something that is not there yet, nothing is started or replaced. Nor is it once all was stopped.
        """
        if self._closed:
            return
        missing = self._missing(spec.environment.values())
        if missing:
            self._report_absent(spec.name, spec.role, "starting", f"waits for {', '.join(missing)}")
            return
        self._absent.pop(spec.name, None)
        if self.inherits(spec):
            self._start(spec, self._inherited.pop(spec.name))
        else:
            await self._end_inherited(spec.name)
        present = self._processes.get(spec.name)
        if present is not None and present.spec == spec:
            present.spec = spec
            return
        if present is not None:
            await present.stop()
        if not self._closed:
            self._start(spec)

    def inherits(self, spec: ProcessSpec) -> bool:
        """Tell whether this very process runs already, and nobody has asked for it yet."""
        entry = self._inherited.get(spec.name)
        return entry is not None and entry.digest == spec.digest and self._ledger.is_alive(entry)

    async def end_inherited(self) -> None:
        """End what another has started and nobody has asked for."""
        await asyncio.gather(*map(self._end_inherited, list(self._inherited)))

    async def stop(self, name: str) -> None:
        """End the process of that name, if there is one, and forget it."""
        self._absent.pop(name, None)
        await self._end_inherited(name)
        process = self._processes.get(name)
        if process is not None:
            await process.stop()
            if self._processes.get(name) is process:
                del self._processes[name]

    async def stop_all(self) -> None:
        """End everything, in the order of `STOP_ORDER`. Nothing is started any more from here on."""
        self._closed = True
        for roles in STOP_ORDER:
            chosen = {name for name, process in self._processes.items() if process.spec.role in roles}
            chosen |= {name for name, entry in self._inherited.items() if entry.role in roles}
            await asyncio.gather(*map(self.stop, chosen))
        await asyncio.gather(*map(self.stop, self._processes.keys() | self._inherited.keys()))

    def report_health(self, name: str, healthy: bool, detail: str = "") -> None:  # noqa: FBT001 - a health *is* a boolean
        """Say what a health check found; a name that is gone by now is ignored."""
        process = self._processes.get(name)
        if process is not None:
            process.report_health(healthy=healthy, detail=detail)

    def report_failure(self, name: str, role: str, detail: str) -> None:
        """Say that a process cannot even be described, and why; its status is "failed" until `stop`."""
        if name not in self._absent:
            logger.error("%s: %s", name, detail)
        self._report_absent(name, role, "failed", detail)

    def pid(self, name: str) -> int | None:
        """Return the id of the process of that name while it runs; its preparations do not count."""
        process, entry = self._processes.get(name), self._inherited.get(name)
        if process is None and entry is not None and self._ledger.is_alive(entry):
            return entry.pid
        return process.status().pid if process else None

    def send_signal(self, name: str, sent: signal.Signals) -> None:
        """Signal a process, if it runs, and all that came of it, also in other sessions, as PostgreSQL's."""
        pid = self.pid(name)
        if pid is None:
            return
        with contextlib.suppress(psutil.NoSuchProcess):
            root = psutil.Process(pid)
            for process in (root, *root.children(recursive=True)):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.send_signal(sent)

    def statuses(self) -> list[ProcessStatus]:
        """Return the status of every process, by name; of those that nobody has asked for yet as well."""
        found = {name: process.status() for name, process in self._processes.items()}
        inherited = {name: self._told(entry) for name, entry in self._inherited.items()}
        return [status for _, status in sorted((inherited | self._absent | found).items())]

    def _start(self, spec: ProcessSpec, running: Entry | None = None) -> None:
        self._logs.mkdir(parents=True, exist_ok=True)
        log = self._logs / f"{spec.name}.log"
        self._processes[spec.name] = _Process(spec, self._ledger, log, running)

    async def _end_inherited(self, name: str) -> None:
        entry = self._inherited.pop(name, None)
        if entry is not None:
            await asyncio.to_thread(self._ledger.end, [entry])

    def _told(self, entry: Entry) -> ProcessStatus:
        """Return what is known of a process that another runtime has started: whether it runs."""
        runs = self._ledger.is_alive(entry)
        return ProcessStatus(
            name=entry.name,
            role=entry.role,
            state="running" if runs else "starting",
            pid=entry.pid if runs else None,
            port=entry.port,
            healthy=runs,
            log=entry.log,
        )

    def _report_absent(self, name: str, role: str, state: State, detail: str) -> None:
        self._absent[name] = ProcessStatus(name=name, role=role, state=state, detail=detail)


class _Process:
    """One supervised process. Its task starts it, waits for its end, and starts it again.

    For the first time it is one that is `running` already, if that is given.
    """

    def __init__(self, spec: ProcessSpec, ledger: Ledger, log: Path, running: Entry | None = None) -> None:
        self.spec = spec
        self._running = running
        self._ledger = ledger
        self._log = log
        self._pid: int | None = None
        self._started = 0.0
        self._healthy = False
        self._stopped = False
        self._failures = 0
        self._restarts = 0
        self._detail = ""
        self._task = asyncio.create_task(self._supervise(), name=f"supervise {spec.name}")

    def report_health(self, *, healthy: bool, detail: str) -> None:
        if self._pid is None:
            return  # the answer came from a process that has ended since
        self._healthy = healthy
        if healthy:
            self._failures = 0
        if healthy or detail:
            self._detail = detail

    def status(self) -> ProcessStatus:
        running = self._pid is not None
        return ProcessStatus(
            name=self.spec.name,
            role=self.spec.role,
            pid=self._pid,
            port=self.spec.port,
            healthy=self._healthy and running,
            state=self._state(),
            restarts=self._restarts,
            detail=self._detail,
            log=str(self._log),
        )

    async def stop(self) -> None:
        if not self._stopped:
            self._stopped = True
            self._task.cancel()  # once: a second time would cut the end of the process short
        await asyncio.wait([self._task])
        if self._running is not None:  # the task had not even begun
            await asyncio.to_thread(self._ledger.end, [self._running])
        self._ledger.forget(self.spec.name)

    def _state(self) -> State:
        if self._stopped:
            return "stopped"
        if self._failures >= FAILED_AFTER and not self._is_stable():
            return "failed"
        return "running" if self._pid is not None else "starting"

    def _is_stable(self) -> bool:
        lived = asyncio.get_running_loop().time() - self._started
        return self._pid is not None and lived >= STABLE_SECONDS

    async def _supervise(self) -> None:
        while True:
            start = logs.size(self._log)
            try:
                code = await self._run()
                self._detail = _reason(code, self._log, start)
            except OSError as error:  # no such program, no permission, no space
                self._detail = f"could not be started: {error}"
            self._failures += 1
            delay = min(self.spec.restart_delay * 2 ** min(self._failures - 1, MAX_DOUBLINGS), MAX_DELAY)
            logger.warning("%s ended (%s), next start in %.1f s", self.spec.name, self._detail, delay)
            await asyncio.sleep(delay)
            self._restarts += 1

    async def _run(self) -> int:
        """Prepare and run the process once; return the exit code of what ended it."""
        if self._running is not None:
            adopted, self._running = Adopted(self._running, self._ledger), None
            return await self._attend(adopted, main=True)
        for command in self.spec.prepare:
            code = await self._execute(command)
            if code != 0:
                return code
        return await self._execute(self.spec.command, main=True)

    async def _execute(self, command: Sequence[str], *, main: bool = False) -> int:
        """Run a command in a session of its own until it ends; on cancellation, end it."""
        process = await self._spawn(command)
        # Recorded at once: from here on it is found and ended even if we are killed.
        with contextlib.suppress(psutil.NoSuchProcess):
            self._record(process.pid, command, digest=self.spec.digest if main else "")
        return await self._attend(process, main=main)

    async def _attend(self, process: asyncio.subprocess.Process | Adopted, *, main: bool) -> int:
        try:
            if main:
                self._mark_started(process.pid)
            return await process.wait()
        finally:
            if self._is_stable():
                self._failures = 0
            await self._end(process)
            self._pid, self._healthy = None, False

    async def _spawn(self, command: Sequence[str]) -> asyncio.subprocess.Process:
        user = self.spec.user
        with self._log.open("ab") as output:
            return await asyncio.create_subprocess_exec(
                *command,
                cwd=self.spec.directory,
                env=dict(self.spec.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
                user=user,
                group=None if user is None else pwd.getpwuid(user).pw_gid,
                extra_groups=None if user is None else [],
            )

    async def _end(self, process: asyncio.subprocess.Process | Adopted) -> None:
        """End what is left of the process's group: all of it, or what a dead leader left behind."""
        if process.returncode is None:
            _signal_group(process.pid, self.spec.stop_signal)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), self.spec.stop_grace)
        _signal_group(process.pid, signal.SIGKILL)
        await process.wait()

    def _record(self, pid: int, command: Sequence[str], digest: str) -> None:
        spec = self.spec
        self._ledger.record(
            Entry(
                name=spec.name,
                role=spec.role,
                pid=pid,
                create_time=start_time(pid),
                port=spec.port,
                command=list(command),
                log=str(self._log),
                digest=digest,
            )
        )

    def _mark_started(self, pid: int) -> None:
        self._pid = pid
        self._started = asyncio.get_running_loop().time()
        logger.info("%s runs as process %d", self.spec.name, pid)


def _reason(code: int, log: Path, start: int) -> str:
    """Return why a process ended: a signal that somebody sent, or what it said last since byte `start`."""
    if code < 0:
        return f"ended by {signal.Signals(-code).name}"
    return logs.reason(log, start) or ("ended" if code == UNKNOWN else f"ended with exit code {code}")


def _signal_group(leader: int, sent: signal.Signals) -> None:
    """Signal a process group. Its id is reserved while one member lives: it is never a stranger's."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, sent)
