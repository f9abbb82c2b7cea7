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

from scripts.bench.figure import Figure, Goal
from scripts.local.ledger import Ledger

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
        parts=runs[-1]["steps"],
    )
    memory = Figure(
        name="up: memory of the running stack",
        unit="GiB",
        samples=[sum(run["memory"].values()) for run in runs],
        goal=Goal(limit=2.5),
        parts=runs[-1]["memory"],
    )
    return [seconds, memory]


def _run_once() -> dict[str, Any]:
    """Return the seconds in all and by step, and the memory by process, of one `up` and `down`."""
    with tempfile.TemporaryDirectory(prefix="blueprint-bench-") as state:
        started = time.perf_counter()
        up = json.loads(_blueprint("up", "--json", "--state", state))
        seconds = time.perf_counter() - started
        memory = {entry.name: memory_of(entry.pid) for entry in Ledger(Path(state)).entries()}
        _blueprint("down", "--state", state)
    return {"seconds": seconds, "steps": up["seconds"], "memory": memory}


def memory_of(pid: int) -> float:
    """Return the GiB of a process and its descendants; pages that several share count once, in parts.

    That is the proportional set size, which Linux knows; elsewhere the unique set size.
    """
    processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    infos = [process.memory_full_info() for process in processes]
    return float(sum(getattr(info, "pss", info.uss) for info in infos)) / GIBIBYTE


def _blueprint(*arguments: str) -> str:
    command = [sys.executable, "-m", "scripts.cli", "local", *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
