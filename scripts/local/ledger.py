"""The record of every process that the local cloud started, so that whatever is left can be ended.

One JSON file a process below `<state>/processes/`. A process is known by its id *and* its start time: ids
are reused, and a stranger that inherited one is never touched.
"""

import contextlib
import json
import os
import signal
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from urllib.parse import quote

import psutil

# Seconds. The kernel derives start times from a boot time that follows the wall clock as that is corrected.
START_TIME_TOLERANCE = 2.0
POLL_INTERVAL = 0.05
KILL_GRACE = 5.0
# The runtime ends what it started in the right order, so it gets the time to do so.
RUNTIME_GRACE = 45.0
# Names and roles: who leads, and who waits to do so.
RUNTIME, STANDBY = "runtime", "runtime-standby"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One started process: the leader of its own session (and so of its process group).

    `create_time` is its start in seconds since the epoch; `log` the path of the file it writes to; `digest`
    tells what it runs by from anything else, "" where that is only prepared.
    """

    name: str
    role: str
    pid: int
    create_time: float
    port: int | None
    command: list[str]
    log: str
    digest: str = ""


def start_time(pid: int) -> float:
    """Return when a process started, as `Entry.create_time` wants it; raises `psutil.NoSuchProcess`."""
    return psutil.Process(pid).create_time()


class Ledger:
    """The processes recorded below one state folder (`.local/`)."""

    def __init__(self, state: Path) -> None:
        self._folder = state / "processes"

    def record(self, entry: Entry) -> None:
        """Write the entry, replacing one of the same name; a reader never sees half a file."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(entry.name)
        partial = path.with_suffix(f".{os.getpid()}.partial")
        partial.write_text(json.dumps(asdict(entry), indent=1), encoding="utf-8")
        partial.replace(path)

    def forget(self, name: str) -> None:
        """Remove the entry of that name, if there is one."""
        self._path(name).unlink(missing_ok=True)

    def rename(self, entry: Entry, name: str) -> None:
        """Record a process under another name and role."""
        self.record(replace(entry, name=name, role=name))
        self.forget(entry.name)

    def entries(self) -> list[Entry]:
        """Return what is recorded, by name; a file that no longer reads as an entry is left out."""
        found = []
        for path in sorted(self._folder.glob("*.json")):
            # A file may be forgotten by its owner while we read.
            with contextlib.suppress(OSError, ValueError, TypeError):
                found.append(Entry(**json.loads(path.read_text(encoding="utf-8"))))
        return found

    def is_alive(self, entry: Entry) -> bool:
        """Tell whether the very process that was recorded still runs (a zombie does not)."""
        try:
            process = psutil.Process(entry.pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            return abs(process.create_time() - entry.create_time) < START_TIME_TOLERANCE
        except psutil.NoSuchProcess:
            return False

    def end(self, entries: Iterable[Entry], grace: float = 10.0) -> None:
        """End these processes and forget them: SIGTERM to the session, and SIGKILL after `grace` seconds.

        Also ends what a leader that died alone left behind in its session. Returns when all are gone.
        """
        entries = list(entries)
        left = self._left(entries)
        for sent, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, KILL_GRACE)):
            _signal(left, sent)
            _signal(left, signal.SIGCONT)  # one that stands still ends as soon as it goes on
            deadline = time.monotonic() + patience
            while left and time.monotonic() < deadline:
                time.sleep(POLL_INTERVAL)
                left = self._left(entries)
        for entry in entries:
            if not self.is_alive(entry):
                self.forget(entry.name)

    def end_all(self, grace: float = 10.0) -> None:
        """End all that is recorded but ourselves: the runtime, which ends its own in order, then the rest."""
        self.end_runtimes()
        self.end([entry for entry in self.entries() if entry.pid != os.getpid()], grace)

    def end_runtimes(self) -> None:
        """End the runtime and its standby, also while the one takes over from the other."""
        while self.runtimes():  # a standby that takes over makes another
            self.end(self.runtimes(), RUNTIME_GRACE)

    def runtimes(self) -> list[Entry]:
        """Return the runtime and its standby, as far as they live, but ourselves; the standby first."""
        found = [entry for entry in self.entries() if entry.role in (RUNTIME, STANDBY)]
        others = [entry for entry in found if entry.pid != os.getpid() and self.is_alive(entry)]
        return sorted(others, key=lambda entry: entry.role == RUNTIME)

    def _path(self, name: str) -> Path:
        return self._folder / f"{quote(name, safe='')}.json"

    def _left(self, entries: list[Entry]) -> list[int]:
        """Return the ids of those processes that still run, and of what they started in their sessions."""
        sessions = _sessions()
        left: list[int] = []
        for entry in entries:
            members = sessions.get(entry.pid, [])
            if self.is_alive(entry):
                left += {entry.pid, *members}
            elif entry.pid not in members:  # else a stranger that reused the id leads this session
                left += [pid for pid in members if _is_orphan_of(entry, pid)]
        return left


def _sessions() -> dict[int, list[int]]:
    """Return the running processes by the id of their session's leader; zombies have ended already."""
    sessions: dict[int, list[int]] = {}
    for process in psutil.process_iter():
        with contextlib.suppress(OSError, psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE:
                sessions.setdefault(os.getsid(process.pid), []).append(process.pid)
    return sessions


def _is_orphan_of(entry: Entry, pid: int) -> bool:
    """Tell whether a process in the session of a dead leader is its child: same program, started later."""
    try:
        process = psutil.Process(pid)
        later = process.create_time() > entry.create_time - START_TIME_TOLERANCE
        return later and process.exe() == os.path.realpath(entry.command[0])
    except (psutil.Error, IndexError):
        return False


def _signal(pids: Iterable[int], sent: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, sent)
