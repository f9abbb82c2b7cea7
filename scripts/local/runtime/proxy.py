"""An nginx that stands for something deployed: kept running, gracefully reloaded when it is reconfigured."""

import asyncio
import contextlib
import hashlib
import os
import signal
import sys

import psutil

from scripts.local.runtime import logs
from scripts.local.runtime.context import Context
from scripts.local.runtime.ports import HOST
from scripts.local.runtime.servers import nginx
from scripts.local.runtime.servers.nginx_syntax import block
from scripts.local.runtime.supervisor import ProcessSpec

RESTART_DELAY = 0.5
PROBE_PATIENCE = 3.0
# nginx lets its old workers accept for another 100 ms beside the new ones, in seconds; on a busy machine for
# longer, until they call themselves so.
OVERLAP = 0.3
LEAVING = "shutting down"
# Seconds after which a configuration that is not in force was refused.
REFUSED_AFTER = 5.0


class Proxy:
    """One nginx, of the given process name, role and port.

    A port of its own tells which configuration is in force: a reload takes a while, and is refused when the
    configuration is wrong.
    """

    def __init__(self, context: Context, name: str, role: str, port: int) -> None:
        self.name = name
        self.port = port
        self.log = context.state.resolve() / "logs" / f"{name}.log"
        self._context = context
        self._folder = context.state.resolve() / "nginx" / name
        self._status_port = context.ports.take("status", f"{name} status")
        self._told: tuple[int, str] | None = None
        self._settled_at = 0.0
        self._old_workers: list[psutil.Process] = []
        self._spec = ProcessSpec(
            name=name,
            role=role,
            command=nginx.command(self._folder),
            directory=self._folder,
            environment={},
            port=port,
            restart_delay=RESTART_DELAY,
        )

    @property
    def url(self) -> str:
        """Where it is on this machine."""
        return f"http://{HOST}:{self.port}"

    async def serve(self, http: str) -> bool:
        """Have nginx serve the content `http` of its http block; return whether it does by now.

        Whether it answers at all is reported as its health.
        """
        digest = hashlib.sha256(http.encode()).hexdigest()
        status = [f"listen {HOST}:{self._status_port};", "access_log off;", f"return 200 {digest};"]
        tell = block("server", status)
        nginx.write(self._folder, f"{http}\n{tell}")
        await self._context.supervisor.ensure(self._spec)
        found = await _ask(self._status_port)
        now = asyncio.get_running_loop().time()
        if found and found != digest:
            self._reload(digest, now)
        self._context.supervisor.report_health(
            self.name, healthy=bool(found), detail=self._complaint(found, digest, now)
        )
        return found == digest and now >= self._settled_at and not self._overlaps(now)

    async def keep(self) -> None:
        """Have nginx go on with the configuration that it has."""
        await self._context.supervisor.ensure(self._spec)
        answers = bool(await _ask(self._status_port))
        self._context.supervisor.report_health(self.name, healthy=answers)

    async def stop(self) -> None:
        """End it."""
        await self._context.supervisor.stop(self.name)

    def _complaint(self, found: str, digest: str, now: float) -> str:
        if not found:
            return f"does not answer at {self.port}"
        if found != digest and now >= self._settled_at + REFUSED_AFTER:
            return f"goes on with its old configuration: {logs.reason(self.log)}"
        return ""

    def _overlaps(self, now: float) -> bool:
        """Tell whether an old worker may still accept; only Linux shows what they do."""
        if sys.platform != "linux" or now >= self._settled_at + REFUSED_AFTER:
            return False
        self._old_workers = [worker for worker in self._old_workers if _accepts(worker)]
        return bool(self._old_workers)

    def _reload(self, digest: str, now: float) -> None:
        """Tell the master once to read its configuration: it answers, so it can take the signal by now."""
        pid = self._context.supervisor.pid(self.name)
        if pid is not None and self._told != (pid, digest):
            with contextlib.suppress(ProcessLookupError, psutil.Error):
                self._old_workers = psutil.Process(pid).children()
                os.kill(pid, signal.SIGHUP)
            self._told = (pid, digest)
            self._settled_at = now + OVERLAP


def _accepts(worker: psutil.Process) -> bool:
    try:
        return LEAVING not in " ".join(worker.cmdline())
    except psutil.Error:  # it has ended
        return False


async def _ask(port: int) -> str:
    """Return the body that the server at `port` answers with, "" when it does not."""
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(PROBE_PATIENCE):
            reader, writer = await asyncio.open_connection(HOST, port)
            try:
                writer.write(b"GET / HTTP/1.0\r\n\r\n")
                answer = await reader.read()
            finally:
                writer.close()
        return answer.decode("latin-1").rpartition("\r\n\r\n")[2]
    return ""
