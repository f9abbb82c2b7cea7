"""What PostgreSQL says of itself."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import asyncpg

from scripts.local.console.model import Node
from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.databases import deployed
from scripts.local.runtime.errors import LocalRuntimeError

if TYPE_CHECKING:
    from asyncpg import Connection, Record

PATIENCE = 2.0  # seconds
FAILURES = (
    OSError,
    TimeoutError,
    ValueError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    LocalRuntimeError,
)
STATE = """
    SELECT
        (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections,
        (SELECT sum(xact_commit + xact_rollback) FROM pg_stat_database) AS transactions,
        CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END
            - '0/0'::pg_lsn AS position,
        CASE
            WHEN NOT pg_is_in_recovery() OR pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
            ELSE extract(epoch FROM now() - pg_last_xact_replay_timestamp())
        END AS seconds_behind
"""


class UnreachableError(Exception):
    """A database does not answer."""


@dataclass
class _Known:
    connection: "Connection[Record] | None" = None
    transactions: float = 0.0
    at: float = 0.0


class Databases:
    """Holds a connection to each server, as the master user."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._known: dict[str, _Known] = {}

    async def measure(self, nodes: Sequence[Node], places: Mapping[str, str]) -> dict[str, dict[str, float]]:
        """Return connections, transactions a second and, of replicas, how far they are behind.

        `nodes` are a primary and its replicas; `places` are the local `host:port` by node.
        """
        answers = await asyncio.gather(*(self._ask(node, places.get(node.id, "")) for node in nodes))
        states = {node.id: answer for node, answer in zip(nodes, answers, strict=True) if answer}
        primary = next(
            (states[node.id] for node in nodes if node.role == "primary" and node.id in states), None
        )
        found = {}
        for node in nodes:
            if state := states.get(node.id):
                found[node.id] = self._figures(node.id, state)
                if node.role == "replica":
                    found[node.id] |= _behind(state, primary)
        return found

    async def rows(self, node: Node, place: str, sql: str, *values: object) -> "list[Record]":
        """Ask the database of an instance, over a connection of its own.

        Raises:
            UnreachableError: it does not answer, or has nothing of the kind.
        """
        database = str(node.described.get("DBName") or "postgres")
        try:
            async with asyncio.timeout(PATIENCE):
                connection = await self._connect(node, place, database)
                try:
                    return await connection.fetch(sql, *values)
                finally:
                    connection.terminate()
        except FAILURES as error:
            raise UnreachableError(str(error)) from error

    async def close(self) -> None:
        """Drop all connections."""
        for known in self._known.values():
            if known.connection is not None:
                known.connection.terminate()

    async def _ask(self, node: Node, place: str) -> "Record | None":
        known = self._known.setdefault(node.id, _Known())
        try:
            async with asyncio.timeout(PATIENCE):
                if known.connection is None or known.connection.is_closed():
                    known.connection = await self._connect(node, place)
                return await known.connection.fetchrow(STATE)
        except FAILURES:
            if known.connection is not None:
                known.connection.terminate()
            known.connection = None
            return None

    async def _connect(self, node: Node, place: str, database: str = "postgres") -> "Connection[Record]":
        host, _, port = place.rpartition(":")
        described: Any = node.described
        source = deployed.source(described)
        if source is not None:  # whose login a replica has
            described = (await deployed.instances(self._aws))[source]
        login = await deployed.master(self._aws, described)
        return await asyncpg.connect(
            host=host,
            port=int(port),
            user=login.username,
            password=login.password,
            database=database,
            ssl=False,
            server_settings={"application_name": "blueprint console"},
        )

    def _figures(self, node: str, state: "Record") -> dict[str, float]:
        known, now = self._known[node], time.monotonic()
        found = {"connections": float(state["connections"])}
        if known.at:
            rate = (float(state["transactions"]) - known.transactions) / (now - known.at)
            found["transactions"] = max(rate, 0.0)  # a server that restarted counts anew
        known.transactions, known.at = float(state["transactions"]), now
        return found


def _behind(state: "Record", primary: "Record | None") -> dict[str, float]:
    found = {"lag": float(state["seconds_behind"] or 0.0)}
    if primary is not None:
        found["lag_bytes"] = max(float(primary["position"] - state["position"]), 0.0)
    return found
