"""How what followed a primary becomes one itself."""

import asyncio
import time
from collections.abc import Mapping

from scripts.local.runtime.context import Context
from scripts.local.runtime.databases.instance import Instance
from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.servers.postgres import Login, Server

# Seconds that it may need to start.
START_WITHIN = 30.0


async def promote(
    context: Context,
    identifier: str,
    server: Server,
    own: tuple[Login, Login],
    settings: Mapping[str, str],
) -> Instance:
    """Start the data of a follower whose process has ended, and have it take writes.

    What it had received of the log is replayed before.

    Raises:
        LocalRuntimeError: it does not start.
    """
    # It forgets whom it followed, and whom that one waited for.
    (server.data / "postgresql.auto.conf").write_text("", encoding="utf-8")
    server.configure(settings)
    found = Instance(identifier, server, own, settings)
    await context.supervisor.ensure(found.spec)
    deadline = time.monotonic() + START_WITHIN
    while True:
        try:
            await found.execute("SELECT pg_promote()")
        except LocalRuntimeError:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.1)
        else:
            return found
