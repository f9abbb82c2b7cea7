"""Connections to a server as who runs it: RDS's own superuser, who may do what no customer may."""

import asyncpg

from scripts.local.runtime.servers import postgres
from tests.waiting import PATIENCE


async def administrator_of(server: postgres.Running, database: str | None = None) -> asyncpg.Connection:
    """Open a connection to a database, by default the server's own."""
    login = server.administrator
    return await asyncpg.connect(
        host=server.host,
        port=server.port,
        database=database or server.database,
        user=login.username,
        password=login.password,
        timeout=PATIENCE,
    )
