"""What is done for a fault of each kind, and how it is undone."""

import asyncio
import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from fnmatch import fnmatchcase
from typing import Protocol

import psutil
from botocore.exceptions import UnknownServiceError

from scripts.local.aws import doors
from scripts.local.faults.book import Fault
from scripts.local.ledger import RUNTIME
from scripts.local.runtime import local_aws
from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.databases import Databases
from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.supervisor import Supervisor

SHARE = 0.5  # of the calls that are refused
# Seconds after which what is done to ourselves is done: it is in the book by then.
NOTED_AFTER = 0.5
# Seconds that the kernel may need to end a process.
DIES_WITHIN = 2.0


class Act(Protocol):
    """How faults of a kind are begun and ended."""

    async def begin(self, fault: Fault) -> str:
        """Begin it, and return a sentence that tells of it.

        Raises:
            LocalRuntimeError: there is nothing to do it to.
            botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError: AWS does not let us.
        """
        ...

    async def end(self, fault: Fault) -> str:
        """End it, and return a sentence that tells of it; "" where nothing ends.

        Raises:
            LocalRuntimeError, botocore's errors: it could not be ended, and is to be tried again.
        """
        ...


class Kill:
    """Kills processes."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor

    async def begin(self, fault: Fault) -> str:
        """Kill the processes with all that they have started; of the runtime, itself alone."""
        if fault.target == RUNTIME:
            _signal_ourselves(signal.SIGKILL)
            return "killed: the runtime itself"
        found = chosen(self._supervisor, fault.target)
        for name in found:
            self._supervisor.send_signal(name, signal.SIGKILL)
        await _ended(found.values())
        return f"killed: {', '.join(found)}"

    async def end(self, fault: Fault) -> str:
        """Nothing: the dead do not come back; others do."""
        del fault
        return ""


class Freeze:
    """Has processes stand still."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._frozen: dict[str, dict[str, int]] = {}

    async def begin(self, fault: Fault) -> str:
        """Stop the processes with all that they have started; of the runtime, itself alone."""
        if fault.target == RUNTIME:
            _signal_ourselves(signal.SIGSTOP)
            return "stands still: the runtime itself"
        found = chosen(self._supervisor, fault.target)
        for name in found:
            self._supervisor.send_signal(name, signal.SIGSTOP)
        self._frozen[fault.id] = found
        return f"stands still for {fault.seconds:g} s: {', '.join(found)}"

    async def end(self, fault: Fault) -> str:
        """Let those go on that are still there; all that stand still where another runtime began it."""
        frozen = self._frozen.pop(fault.id, None)
        if frozen is None:
            frozen = _standing_still(self._supervisor, fault.target)
        present = {name: pid for name, pid in frozen.items() if self._supervisor.pid(name) == pid}
        for name in present:
            self._supervisor.send_signal(name, signal.SIGCONT)
        return f"goes on: {', '.join(present)}" if present else ""


class Lag:
    """Has replicas fall behind."""

    def __init__(self, supervisor: Supervisor, databases: Databases) -> None:
        self._supervisor = supervisor
        self._databases = databases

    async def begin(self, fault: Fault) -> str:
        """Have the replicas receive and not replay."""
        found = chosen(self._supervisor, fault.target)
        for name in found:
            await self._databases.run(name, "SELECT pg_wal_replay_pause()")
        return f"receives and replays nothing for {fault.seconds:g} s: {', '.join(found)}"

    async def end(self, fault: Fault) -> str:
        """Have them replay again; one that was promoted or started anew does so already."""
        found = chosen(self._supervisor, fault.target)
        for name in found:
            await self._databases.run(
                name, "SELECT pg_wal_replay_resume() WHERE pg_is_in_recovery() AND pg_is_wal_replay_paused()"
            )
        return f"replays again: {', '.join(found)}"


class Fill:
    """Fills the storage of databases."""

    def __init__(self, supervisor: Supervisor, databases: Databases) -> None:
        self._supervisor = supervisor
        self._databases = databases

    async def begin(self, fault: Fault) -> str:
        """Have nothing left of what the primaries are allocated now."""
        found = chosen(self._supervisor, fault.target)
        self._databases.fill(fault.id, found)
        return f"its storage fills, for {fault.seconds:g} s: {', '.join(found)}"

    async def end(self, fault: Fault) -> str:
        """Take away what filled it; storage that has grown stays so."""
        self._databases.empty(fault.id)
        return f"what filled its storage is gone: {fault.target}"


class Pause:
    """Switches off the mappings of functions."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._off: dict[str, list[str]] = {}

    async def begin(self, fault: Fault) -> str:
        """Switch off the mappings that are on."""
        named = await self._named("Enabled")
        found = [uuid for uuid, name in named.items() if name.endswith(fault.target)]
        if not found:
            raise LocalRuntimeError(
                f"No mapping that is on feeds a function called {fault.target!r}. "
                f"There are: {', '.join(sorted(set(named.values()))) or 'none'}."
            )
        self._off[fault.id] = found
        await self._switch(found, on=False)
        return f"{fault.target} is fed nothing for {fault.seconds:g} s"

    async def end(self, fault: Fault) -> str:
        """Switch them on again; of a fault that another runtime began, all that are off."""
        found = self._off.get(fault.id)
        if found is None:
            named = await self._named("Disabled")
            found = [uuid for uuid, name in named.items() if name.endswith(fault.target)]
        await self._switch(found, on=True)
        self._off.pop(fault.id, None)
        return f"{fault.target} is fed again"

    async def _named(self, state: str) -> dict[str, str]:
        """Return the functions' names of the mappings in a state."""
        answer = await self._aws.collect("lambda", "list_event_source_mappings")
        return {
            one["UUID"]: one["FunctionArn"].split(":")[6]
            for one in answer["EventSourceMappings"]
            if one["State"] == state
        }

    async def _switch(self, mappings: list[str], *, on: bool) -> None:
        for mapping in mappings:
            await self._aws.call("lambda", "update_event_source_mapping", UUID=mapping, Enabled=on)


class Refuse:
    """Has AWS refuse calls."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    async def begin(self, fault: Fault) -> str:
        """Have a part of the calls of a service refused; that ends by itself."""
        try:
            await asyncio.to_thread(self._aws.client, fault.target)
        except UnknownServiceError:
            raise LocalRuntimeError(
                f"There is no service {fault.target!r}: write it as boto3 does, such as sqs or dynamodb."
            ) from None
        wanted = {"service": fault.target, "seconds": fault.seconds, "share": SHARE}
        await local_aws.ask(self._aws.endpoint, "POST", doors.FAULTS, wanted)
        return f"AWS refuses every second call of {fault.target} for {fault.seconds:g} s"

    async def end(self, fault: Fault) -> str:
        """End refusals before their time, which is done to all at once; in time they end by themselves."""
        if not fault.seconds:
            await local_aws.ask(self._aws.endpoint, "DELETE", doors.FAULTS)
        return f"AWS takes all calls of {fault.target} again"


def chosen(supervisor: Supervisor, target: str) -> dict[str, int]:
    """Return the ids of the processes that are meant: by name or pattern, or the first one of a role.

    Raises:
        LocalRuntimeError: none that runs is.
    """
    running = [status for status in supervisor.statuses() if status.pid is not None]
    named = {one.name: one.pid for one in running if one.pid and fnmatchcase(one.name, target)}
    of_role = [one for one in running if one.role == target]
    if not named and of_role:
        named = {one.name: one.pid for one in of_role[:1] if one.pid}
    if not named:
        names = ", ".join(one.name for one in running) or "none"
        raise LocalRuntimeError(f"No process that runs is called {target!r}. There are: {names}.")
    return named


async def _ended(pids: Iterable[int]) -> None:
    """Wait until processes that were killed are gone: until then, their sockets take requests."""
    deadline = time.monotonic() + DIES_WITHIN
    while any(map(psutil.pid_exists, pids)):
        if time.monotonic() > deadline:
            return
        await asyncio.sleep(0.005)


def _standing_still(supervisor: Supervisor, target: str) -> dict[str, int]:
    """Return the ids of the processes of a name, pattern or role that stand still."""
    found = {}
    for one in supervisor.statuses():
        if one.pid is not None and (one.role == target or fnmatchcase(one.name, target)):
            with suppress(psutil.NoSuchProcess):
                if psutil.Process(one.pid).status() == psutil.STATUS_STOPPED:
                    found[one.name] = one.pid
    return found


def _signal_ourselves(sent: signal.Signals) -> None:
    asyncio.get_running_loop().call_later(NOTED_AFTER, os.kill, os.getpid(), sent)
