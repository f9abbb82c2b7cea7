"""An ASGI application under granian, as an instance serves it, and the CPU that a request takes it."""

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from statistics import median
from typing import Protocol

import psutil

from scripts.bench.errors import BenchError
from scripts.bench.figure import Figure, Goal
from scripts.local.runtime.ports import HOST, Ports

READY_WITHIN = 180.0  # seconds
CONNECTIONS = 8  # each sends its next request when its answer is there
TURN = 200  # requests


class Server(Protocol):
    """What answers requests, and says what they took."""

    def get(self, paths: Sequence[str]) -> list[bytes]:
        """Get every path and return the answers, heads included."""
        ...

    def cpu_seconds(self) -> float:
        """Return the CPU time, user and system, that it has taken by now."""
        ...


@dataclass(frozen=True)
class Served:
    """A running server: the id of its main process, and where it listens."""

    pid: int
    port: int

    def get(self, paths: Sequence[str]) -> list[bytes]:
        """Get every path and return the answers, heads included.

        Raises:
            BenchError: an answer is not 200.
        """
        answers = []
        sockets = [socket.create_connection((HOST, self.port)) for _ in range(CONNECTIONS)]
        try:
            for start in range(0, len(paths), CONNECTIONS):
                batch = list(zip(sockets, paths[start : start + CONNECTIONS], strict=False))
                for connection, path in batch:
                    connection.sendall(f"GET {path} HTTP/1.1\r\nhost: {HOST}\r\n\r\n".encode())
                answers += [_answer(connection, path) for connection, path in batch]
        finally:
            for connection in sockets:
                connection.close()
        return answers

    def cpu_seconds(self) -> float:
        """Return the CPU time, user and system, of the workers; the main process only waits."""
        times = [child.cpu_times() for child in psutil.Process(self.pid).children()]
        return sum(taken.user + taken.system for taken in times)


def cpu_per_request(servers: Sequence[Server], paths: Sequence[str]) -> list[float]:
    """Get every path from every server and return the CPU for a request, in µs, by server.

    The servers take turns every few requests, so that whatever else the machine does slows them alike.
    """
    before = [server.cpu_seconds() for server in servers]
    for start in range(0, len(paths), TURN):
        for server in servers:
            server.get(paths[start : start + TURN])
    after = [server.cpu_seconds() for server in servers]
    return [(end - begin) / len(paths) * 1e6 for begin, end in zip(before, after, strict=True)]


def beside(name: str, runs: Sequence[Sequence[float]], reference_name: str, limit: float) -> Figure:
    """Return a figure of runs, each the shop's µs of CPU a request and those of what it is compared with.

    `limit` is how many times as much the shop may take.
    """
    samples, reference = [ours for ours, _ in runs], [other for _, other in runs]
    return Figure(
        name=name,
        unit="µs CPU",
        samples=samples,
        reference=reference,
        reference_name=reference_name,
        goal=Goal(limit=limit, of="ratio"),
        parts={
            reference_name: median(reference),
            "what the shop adds": median(samples) - median(reference),
        },
    )


def _answer(connection: socket.socket, path: str) -> bytes:
    answer = connection.recv(65_536)
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200 "):
        raise BenchError(f"{path} was answered with {head.partition(bytes([13]))[0].decode()}")
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
    while len(body) < length:
        more = connection.recv(65_536)
        body, answer = body + more, answer + more
    return answer


@contextmanager
def served(application: str, variables: Mapping[str, str], ready: str, workers: int = 1) -> Iterator[Served]:
    """Serve `module:application` until the block ends; it is up when it answers `ready`.

    Raises:
        BenchError: it does not start.
    """
    port = Ports().take("shop")
    options = ["--interface", "asgi", "--workers", str(workers), "--log-level", "warning", "--host", HOST]
    command = [sys.executable, "-m", "granian", *options, "--port", str(port), application]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, env=dict(variables), stdout=log, stderr=log)
        found = Served(process.pid, port)
        try:
            if not _answers(found, process, ready):
                log.seek(0)
                raise BenchError(f"{application} does not start:\n{log.read().decode(errors='replace')}")
            yield found
        finally:
            process.terminate()
            process.wait()


def _answers(server: Served, process: subprocess.Popen[bytes], path: str) -> bool:
    """Wait until the server answers; return False when it ends, or takes too long."""
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError, BenchError):
            server.get([path])
            return True
        time.sleep(0.05)
    return False
