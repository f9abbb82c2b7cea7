"""Ports on loopback: free ones, or those that the user fixed by name."""

import asyncio
import contextlib
import random
import socket
from collections.abc import Mapping, Sequence

import psutil

from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.notes import Notes

HOST = "127.0.0.1"
NAMES = (
    "aws",
    "site",
    "api",
    "load_balancer",
    "database",
    "database_replica",
    "cache",
    "cache_replica",
    "console",
)
# Below the range from which Linux (32768) and macOS (49152) choose ports for outgoing connections: a port of
# ours then stays free for its process to come back to after a crash.
FREE_RANGE = range(20_000, 32_000)
ATTEMPTS = 200


class Ports:
    """Hands out ports, each once. `fixed` maps names of `NAMES` to the ports that the user wants for them.

    `notes` say who has which port: who has one gets it again, also from the next runtime.
    """

    def __init__(self, fixed: Mapping[str, int] | None = None, notes: Notes | None = None) -> None:
        self._notes = notes or Notes()
        given = set(self._notes.known().values())
        self._fixed = {name: port for name, port in (fixed or {}).items() if port not in given}
        for name, port in self._fixed.items():
            _validate(name, port)
        self._taken: set[int] = {*self._fixed.values(), *given}

    def check(self) -> None:
        """Raise `LocalRuntimeError` for a fixed port that is in use, before anything is started."""
        for name, port in self._fixed.items():
            check_free(port, name)

    def take(self, name: str, owner: str = "", *, beside: int | None = None) -> int:
        """Return the port of `owner`; if it has none, the fixed one of `name`, or a free one.

        The fixed one is given once. Without an owner, nobody gets the port again. Who listens at a second
        port says how far `beside` the first that is: both are free then, and nobody else's. Raises
        `LocalRuntimeError` when the fixed port is in use.
        """
        known: int | None = self._notes.known().get(owner)
        if known is not None:
            return known
        distances = (0,) if beside is None else (0, beside)
        fixed = self._fixed.pop(name, None)
        if fixed is not None:
            for distance in distances:
                check_free(fixed + distance, name)
        port = self._free(distances) if fixed is None else fixed
        for distance in distances if owner else ():
            self._notes.note(f"{owner} +{distance}" if distance else owner, port + distance)
        return port

    def swap(self, one: str, other: str) -> None:
        """Have two owners exchange their ports."""
        known = self._notes.known()
        first, second = known[one], known[other]
        self._notes.note(one, second)
        self._notes.note(other, first)

    def _free(self, distances: Sequence[int]) -> int:
        for port in random.sample(FREE_RANGE[: -max(distances) or None], ATTEMPTS):
            wanted = {port + distance for distance in distances}
            if self._taken.isdisjoint(wanted) and all(map(_is_free, wanted)):
                self._taken |= wanted
                return port
        raise LocalRuntimeError(
            f"No free port: {ATTEMPTS} tried from {FREE_RANGE.start} to {FREE_RANGE.stop - 1} are all"
            " in use. End what listens there, or fix ports by name (--port site=8000)."
        )


def check_free(port: int, name: str) -> None:
    """Raise `LocalRuntimeError` when something already listens at `port`, which was fixed for `name`."""
    try:
        if _is_free(port):
            return
    except PermissionError:
        raise LocalRuntimeError(
            f"Port {port}, fixed for {name!r}, may only be opened by root. Choose one above 1023"
            f" (--port {name}=8080), or leave it out for a free one."
        ) from None
    raise LocalRuntimeError(
        f"Port {port}, fixed for {name!r}, is taken by {_holder(port)}. End that process, choose another port"
        f" (--port {name}=NUMBER), or leave it out for a free one."
    )


def _validate(name: str, port: int) -> None:
    if name not in NAMES:
        raise LocalRuntimeError(f"There is no port named {name!r}. The names are: {', '.join(NAMES)}.")
    if not 1 <= port <= 65_535:
        raise LocalRuntimeError(f"Port {port} of {name!r} is out of range: choose one from 1 to 65535.")


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do it: connections that linger after an end do not keep the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            raise
        except OSError:
            return False
        return True


def _holder(port: int) -> str:
    """Name the process that listens at `port`, where this user may know it."""
    with contextlib.suppress(psutil.Error):
        for connection in psutil.net_connections(kind="tcp"):
            address = connection.laddr
            listens = connection.status == psutil.CONN_LISTEN and address and address.port == port
            if listens and connection.pid:
                return f"process {connection.pid} ({psutil.Process(connection.pid).name()})"
    return "another process"


async def listens(port: int) -> bool:
    """Tell whether something accepts connections at a port."""
    try:
        _, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.close()
    return True
