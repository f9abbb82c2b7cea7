"""The two processes that `blueprint local` starts by itself: the local AWS and the runtime.

Both are detached: they outlive the command that started them, and are found again through the ledger.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.errors import UserError
from scripts.local.ledger import RUNTIME, Entry, Ledger, start_time
from scripts.local.runtime.ports import Ports

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

AWS_DEADLINE = 300.0  # seconds: moto listens after about 2, on a machine at its limit after minutes


class DaemonError(UserError):
    """A process of ours did not come up."""


def start_aws(state: Path, ports: Mapping[str, int]) -> str:
    """Start the local AWS, wait until it answers, and return its endpoint, `http://127.0.0.1:<port>`."""
    port = Ports(ports).take("aws")
    command = [sys.executable, "-m", "scripts.local.aws", "--port", str(port)]
    entry = _start(state, name="aws", role="aws", command=command, port=port)
    endpoint = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + AWS_DEADLINE
    while not _answers(endpoint):
        _require_alive(state, entry)
        if time.monotonic() > deadline:
            raise DaemonError(
                f"the local AWS did not answer at {endpoint} within {AWS_DEADLINE:.0f} s; see {entry.log}"
            )
        time.sleep(0.05)
    return endpoint


def start_runtime(state: Path, endpoint: str, ports: Mapping[str, int]) -> Entry:
    """Start the runtime on what is deployed at `endpoint`, now or later, and return its ledger entry."""
    fixed = [f"--port={name}={number}" for name, number in ports.items() if name != "aws"]
    command = [
        sys.executable,
        "-m",
        "scripts.local.runtime",
        "--state",
        str(state),
        "--endpoint",
        endpoint,
        *fixed,
    ]
    return _start(state, name=RUNTIME, role=RUNTIME, command=command)


def running_aws(state: Path) -> str | None:
    """Return the endpoint of the local AWS that runs with this state folder, or None."""
    ledger = Ledger(state)
    for entry in ledger.entries():
        if entry.role == "aws" and ledger.is_alive(entry):
            return f"http://127.0.0.1:{entry.port}"
    return None


def running_runtime(state: Path) -> Entry | None:
    """Return the ledger entry of the runtime that runs with this state folder, or None."""
    ledger = Ledger(state)
    return next(
        (entry for entry in ledger.entries() if entry.role == RUNTIME and ledger.is_alive(entry)), None
    )


def is_led(state: Path) -> bool:
    """Tell whether a runtime runs with this state folder, or its standby, which is about to take over."""
    return bool(Ledger(state).runtimes())


def last_words(log: str, lines: int = 5) -> str:
    """Return the last non-empty lines of a log, for the message about a process that died."""
    try:
        with Path(log).open(errors="replace") as file:
            said = [line.rstrip() for line in file if line.strip()]
    except FileNotFoundError:
        return ""
    return "\n".join(f"  {line}" for line in said[-lines:])


def _start(state: Path, *, name: str, role: str, command: Sequence[str], port: int | None = None) -> Entry:
    log = state / "logs" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env=dict(os.environ),
        )
    entry = Entry(
        name=name,
        role=role,
        pid=process.pid,
        create_time=start_time(process.pid),
        port=port,
        command=list(command),
        log=str(log),
    )
    Ledger(state).record(entry)
    return entry


def _answers(endpoint: str) -> bool:
    try:
        with urllib.request.urlopen(f"{endpoint}/_blueprint/mailbox", timeout=5):  # noqa: S310 - http on loopback
            return True
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def _require_alive(state: Path, entry: Entry) -> None:
    if not Ledger(state).is_alive(entry):
        raise DaemonError(
            f"the local AWS ended while it started (log: {entry.log}):\n{last_words(entry.log)}"
        )
