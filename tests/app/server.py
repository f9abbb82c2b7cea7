"""The shop in a process of its own, served as it is on an instance."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from scripts.local.runtime.ports import Ports
from tests.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
GRANIAN = ("granian", "--interface", "asgi", "--workers", "1")


@dataclass(frozen=True)
class Served:
    """A running server; `log` is all that it wrote."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def kill(self) -> None:
        """End it and its workers without a word, as a power cut does."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def serving(
    variables: Mapping[str, str], folder: Path, server: tuple[str, ...] = GRANIAN, *, wait: bool = True
) -> Iterator[Served]:
    """Serve the shop with these variables and no others until the block ends."""
    port = Ports().take("shop")
    log = folder / "server.log"
    command = [sys.executable, "-m", *server, "--host", "127.0.0.1", "--port", str(port), "app.main:app"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=dict(variables), stdout=output, stderr=output, start_new_session=True
        )
    served = Served(process, f"http://127.0.0.1:{port}", log)
    try:
        if wait:
            wait_until_up(served)
        yield served
    finally:
        with suppress(ProcessLookupError):
            served.kill()


def wait_until_up(served: Served) -> None:
    """Return when the shop answers."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            if httpx.get(f"{served.url}/live", timeout=PATIENCE).status_code == 200:
                return
        if served.process.poll() is not None:
            break
        time.sleep(0.05)
    raise AssertionError(f"the shop does not start: {served.log.read_text()}")
