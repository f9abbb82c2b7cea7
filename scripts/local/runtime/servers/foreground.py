"""Runs a server for the length of a `with` block: what tests and tools use in place of the supervisor."""

import contextlib
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from scripts.local.runtime import logs
from scripts.local.runtime.errors import LocalRuntimeError

START_PATIENCE = 180.0
STOP_PATIENCE = 10.0
POLL_INTERVAL = 0.02


@contextlib.contextmanager
def foreground(
    command: Sequence[str],
    directory: Path,
    ready: Callable[[], bool],
    *,
    user: int | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
) -> Iterator[int]:
    """Start `command` in `directory`, wait until `ready` answers true, give its process id, end it at last.

    Raises `LocalRuntimeError` with the server's last words when it ends or stays unready.
    """
    log = directory / "server.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            user=user,
            group=None if user is None else pwd.getpwuid(user).pw_gid,
            extra_groups=None if user is None else [],
        )
    try:
        _wait(process, ready, log)
        yield process.pid
    finally:
        _end(process, stop_signal)


def _wait(process: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + START_PATIENCE
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise LocalRuntimeError(f"{process.args!r} did not start: {logs.reason(log)} (see {log})")
        time.sleep(POLL_INTERVAL)


def _end(process: subprocess.Popen[bytes], stop_signal: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, stop_signal)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(STOP_PATIENCE)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
