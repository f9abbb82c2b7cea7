"""Faults that let things go on, and badly: functions, connections, credentials."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Iterable

import psutil

from scripts.local.aws import doors
from scripts.local.faults.book import Fault
from scripts.local.runtime import local_aws
from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.faults.acts import chosen
from scripts.local.runtime.functions import Functions
from scripts.local.runtime.functions.trouble import SLOW, Trouble
from scripts.local.runtime.supervisor import Supervisor

# Seconds for which a process that answers late stands still, and works, again and again; and between looks at
# which processes it has.
STILL, WORKS, LOOK = 0.1, 0.02, 1.0
SUFFERS = {
    "fail": "fails",
    "hang": "hangs until its time is over",
    "slow": f"takes {SLOW:g} s longer",
}


class Suffer:
    """Makes functions fail, hang or slow."""

    def __init__(self, functions: Functions, trouble: Trouble) -> None:
        self._functions = functions
        self._trouble = trouble

    async def begin(self, fault: Fault) -> str:
        """Have each invocation suffer from now on."""
        names = self._functions.trouble(fault.target, self._trouble)
        return f"{SUFFERS[self._trouble]} for {fault.seconds:g} s: {', '.join(names)}"

    async def end(self, fault: Fault) -> str:
        """Have the functions work again, for who calls from now on."""
        with contextlib.suppress(LocalRuntimeError):  # it may be gone
            self._functions.trouble(fault.target, None)
        return f"{fault.target} works again"


class Delay:
    """Has processes answer late: they stand still for a moment, again and again.

    To who is connected that is latency; loss, too: TCP sends again what was lost, and programs see it late.
    """

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def begin(self, fault: Fault) -> str:
        """Begin to delay."""
        found = chosen(self._supervisor, fault.target)
        self._tasks[fault.id] = asyncio.create_task(_delay(found.values()), name=f"delay of {fault.target}")
        return f"answers up to {STILL * 1000:g} ms late for {fault.seconds:g} s: {', '.join(found)}"

    async def end(self, fault: Fault) -> str:
        """Delay no more."""
        task = self._tasks.pop(fault.id, None)
        if task is None:
            return ""
        task.cancel()
        await asyncio.wait([task])
        return f"answers in time again: {fault.target}"


class Expire:
    """Has the credentials of processes expire."""

    def __init__(self, supervisor: Supervisor, aws: Aws) -> None:
        self._supervisor = supervisor
        self._aws = aws

    async def begin(self, fault: Fault) -> str:
        """Have AWS refuse who comes with the credentials that the processes were given; it ends by itself."""
        found = chosen(self._supervisor, fault.target)
        keys = {key for pid in found.values() if (key := await asyncio.to_thread(_access_key, pid))}
        if not keys:
            raise LocalRuntimeError(f"No process that is meant has credentials: {', '.join(found)}.")
        for key in sorted(keys):
            wanted = {"service": "*", "access_key": key, "error": "ExpiredTokenException"}
            await local_aws.ask(self._aws.endpoint, "POST", doors.FAULTS, wanted | {"seconds": fault.seconds})
        return f"has expired credentials for {fault.seconds:g} s: {', '.join(sorted(keys))}"

    async def end(self, fault: Fault) -> str:
        """End it before its time, with all refusals; in time it ends by itself."""
        if not fault.seconds:
            await local_aws.ask(self._aws.endpoint, "DELETE", doors.FAULTS)
        return f"has valid credentials again: {fault.target}"


async def _delay(roots: Iterable[int]) -> None:
    """Have trees of processes stand still again and again, until cancelled: then all go on."""
    processes: list[psutil.Process] = []
    look_at = 0.0
    try:
        while True:
            if time.monotonic() >= look_at:
                processes = await asyncio.to_thread(_trees, list(roots))
                look_at = time.monotonic() + LOOK
            _signal(processes, signal.SIGSTOP)
            await asyncio.sleep(STILL)
            _signal(processes, signal.SIGCONT)
            await asyncio.sleep(WORKS)
    finally:
        _signal(processes, signal.SIGCONT)


def _trees(roots: Iterable[int]) -> list[psutil.Process]:
    found: list[psutil.Process] = []
    for pid in roots:
        with contextlib.suppress(psutil.NoSuchProcess):
            root = psutil.Process(pid)
            found += [root, *root.children(recursive=True)]
    return found


def _signal(processes: Iterable[psutil.Process], sent: signal.Signals) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(sent)


def _access_key(pid: int) -> str:
    try:
        return psutil.Process(pid).environ().get("AWS_ACCESS_KEY_ID", "")
    except psutil.Error:
        return ""
