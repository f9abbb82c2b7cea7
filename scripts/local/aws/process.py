"""A local AWS for a test or a tool: started, awaited and ended here."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from scripts.errors import UserError
from scripts.local.runtime.ports import HOST, Ports

READY_WITHIN = 300.0  # seconds; it takes two, on a machine at its limit minutes
POLL_EVERY = 0.02  # seconds


class LocalAwsError(UserError):
    """The local AWS could not be started."""


@contextmanager
def running(port: int | None = None, module: str = "scripts.local.aws") -> Iterator[str]:
    """Run a local AWS in a process of its own and yield its endpoint, such as `http://127.0.0.1:5000`.

    `port` is a free one when it is not given. `module` is what Python runs with `--port`: `moto.server`, for
    one, is moto without our extensions. Raises `LocalAwsError` when the server ends before it listens.
    """
    port = port or Ports().take("aws")
    command = [sys.executable, "-m", module, "--port", str(port)]
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, env=_environment(), stdout=log, stderr=log)
        try:
            _wait_until_it_listens(process, port, log)
            yield f"http://{HOST}:{port}"
        finally:
            process.terminate()
            process.wait()


def _environment() -> dict[str, str]:
    """Return this process's environment without what would send moto's own AWS calls elsewhere."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))}


def _wait_until_it_listens(process: subprocess.Popen[bytes], port: int, log: IO[str]) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        if process.poll() is not None:
            log.seek(0)
            raise LocalAwsError(f"The local AWS ended with {process.returncode}:\n{log.read().strip()}")
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(POLL_EVERY)
    raise LocalAwsError(f"The local AWS does not listen at port {port} after {READY_WITHIN:.0f} seconds.")
