"""A runtime as a process, and what it tells of itself."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from scripts.local.ledger import Ledger
from scripts.local.runtime.servers import unprivileged


@contextlib.contextmanager
def started(state: Path, endpoint: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Start a runtime, and at last end whatever is left of it."""
    command = [sys.executable, "-m", "scripts.local.runtime", "--state", str(state), "--endpoint", endpoint]
    process = subprocess.Popen(
        [*command, *arguments], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
        Ledger(state).end_all()
        unprivileged.remove_scratch(state)


def status(state: Path) -> Any:
    path = state / "status.json"
    return json.loads(path.read_text()) if path.exists() else {"healthy": False, "processes": []}


def alive(entries: list[Any]) -> list[int]:
    return [entry.pid for entry in entries if psutil.pid_exists(entry.pid)]
