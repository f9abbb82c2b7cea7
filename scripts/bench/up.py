"""`up`: how long a warm `make up` takes until all is healthy, and how much memory the running stack holds."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from scripts.bench.errors import BenchError
from scripts.bench.figure import Figure, Goal, medians
from scripts.local.ledger import Entry, Ledger

RUNS = 3
ROOT = Path(__file__).resolve().parent.parent.parent
GIBIBYTE = 1024**3


def measure() -> list[Figure]:
    """Bring the stack up and down, a warm-up first (it builds the artifacts), and return seconds and GiB."""
    _run_once()
    runs = [_run_once() for _ in range(RUNS)]
    seconds = Figure(
        name="up: seconds until healthy",
        unit="s",
        samples=[run["seconds"] for run in runs],
        goal=Goal(limit=30),
        parts=medians([run["steps"] for run in runs]),
    )
    memory = Figure(
        name="up: memory of the running stack",
        unit="GiB",
        samples=[sum(run["memory"].values()) for run in runs],
        goal=Goal(limit=2.5),
        parts=medians([run["memory"] for run in runs]),
    )
    return [seconds, memory]


def _run_once() -> dict[str, Any]:
    """Return the seconds in all and by step, and the memory by role, of one `up` and `down`."""
    with tempfile.TemporaryDirectory(prefix="blueprint-bench-") as state:
        started = time.perf_counter()
        up = json.loads(blueprint("up", "--json", "--state", state))
        seconds = time.perf_counter() - started
        memory = _memory(Ledger(Path(state)).entries())
        blueprint("down", "--state", state)
    return {"seconds": seconds, "steps": up["seconds"], "memory": memory}


def _memory(entries: list[Entry]) -> dict[str, float]:
    """Return the GiB of the recorded processes with their workers, such as PostgreSQL's, by role.

    Pages that several processes share count once, in parts: that is the proportional set size, which Linux
    knows; elsewhere the unique set size.
    """
    roles = {entry.pid: entry.role for entry in entries}
    memory = dict.fromkeys(roles.values(), 0.0)
    leaders = [psutil.Process(pid) for pid in roles]
    for process in {*leaders, *(child for leader in leaders for child in leader.children(recursive=True))}:
        lineage = [process.pid, *(parent.pid for parent in process.parents())]
        owner = next(pid for pid in lineage if pid in roles)
        info = process.memory_full_info()
        memory[roles[owner]] += getattr(info, "pss", info.uss) / GIBIBYTE
    return memory


def blueprint(*arguments: str) -> str:
    """Run `blueprint local` and return what it printed.

    Raises:
        BenchError: it failed.
    """
    command = [sys.executable, "-m", "scripts.cli", "local", *arguments]
    result = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    if result.returncode:
        raise BenchError(f"`blueprint local {arguments[0]}` failed:\n{result.stderr.strip()}")
    return result.stdout
