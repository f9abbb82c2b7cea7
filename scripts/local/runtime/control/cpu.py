"""The CPU that instances use: that of their processes and all that these have started."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import psutil

# An instance has one core here: a worker of the server uses no more.
FULL = 100.0


class Used(NamedTuple):
    """CPU seconds of a tree of processes up to a moment; `started` tells a process from one before it."""

    started: float
    seconds: float


class CpuMeter:
    """Measures trees of processes between two looks at them."""

    def __init__(self) -> None:
        self._before: Mapping[int, Used] = {}
        self._looked_at = 0.0

    def measure(self, roots: Iterable[int], now: float) -> dict[int, float]:
        """Return the percentage of a core that each tree used since the last look, by its root's id.

        `now` is in seconds. A process that was not there at the last look has none.
        """
        used = _used(roots)
        elapsed = now - self._looked_at
        found = {
            root: min(100 * max(current.seconds - before.seconds, 0.0) / elapsed, FULL)
            for root, current in used.items()
            if (before := self._before.get(root)) and before.started == current.started and elapsed > 0
        }
        self._before, self._looked_at = used, now
        return found


def _used(roots: Iterable[int]) -> dict[int, Used]:
    """Return what each tree has used. What children used that have ended is in their parent's times."""
    children: dict[int, list[psutil.Process]] = {}
    processes: dict[int, psutil.Process] = {}
    for process in psutil.process_iter(["ppid"]):
        processes[process.pid] = process
        children.setdefault(process.info["ppid"], []).append(process)
    found = {}
    for root in roots:
        try:
            started = processes[root].create_time()
            found[root] = Used(started, _seconds(processes[root], children))
        except (KeyError, psutil.NoSuchProcess):  # it has just ended
            continue
    return found


def _seconds(process: psutil.Process, children: Mapping[int, list[psutil.Process]]) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    own = times.user + times.system + times.children_user + times.children_system
    return own + sum(_seconds(child, children) for child in children.get(process.pid, []))
