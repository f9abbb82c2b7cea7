"""How PostgreSQL answers a query: its plan, with the indexes it uses and without them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from asyncpg import Connection, Record

from app.platform.database import WriteSession
from scripts.db.queries import Ask, Samples

# The shop's indexes that these are, or are parts of as a partition's is, and the constraints that they serve.
INDEX = """
    SELECT DISTINCT owner.relname AS table, root.relname AS name, conname AS constraint
    FROM pg_class AS own
    CROSS JOIN LATERAL (SELECT coalesce(pg_partition_root(own.oid), own.oid) AS oid) AS top
    JOIN pg_class AS root ON root.oid = top.oid
    JOIN pg_index ON indexrelid = root.oid
    JOIN pg_class AS owner ON owner.oid = indrelid
    LEFT JOIN pg_constraint ON conindid = root.oid AND conrelid = indrelid
    WHERE own.relkind IN ('i', 'I') AND own.relname = ANY($1::text[])
    AND own.relnamespace = current_schema::regnamespace
    ORDER BY 1, 2
"""


@dataclass(frozen=True, kw_only=True)
class Node:
    """A step of a plan.

    `cost` is the planner's, in pages read in sequence; `rows` and `milliseconds` are measured, over all
    loops; `buffers` are the pages of 8 KiB that were looked at, here and below.
    """

    depth: int
    text: str
    cost: float
    rows: float
    milliseconds: float
    buffers: int


@dataclass(frozen=True)
class Plan:
    """The plan of a statement, as `EXPLAIN (FORMAT JSON)` tells it."""

    sql: str
    raw: dict[str, Any]

    def steps(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield each step with its depth, the last one first."""
        waiting = [(0, self.raw)]
        while waiting:
            depth, step = waiting.pop()
            yield depth, step
            waiting += [(depth + 1, part) for part in reversed(step.get("Plans", []))]

    @property
    def nodes(self) -> list[Node]:
        """The steps that ran."""
        return [_node(depth, step) for depth, step in self.steps() if step.get("Actual Loops", 1)]

    @property
    def indexes(self) -> set[str]:
        """The names of the indexes that it uses."""
        return {step["Index Name"] for _, step in self.steps() if "Index Name" in step}

    @property
    def arbiters(self) -> set[str]:
        """The names of the indexes that ON CONFLICT decides by: without them it cannot be asked."""
        return {index for _, step in self.steps() for index in step.get("Conflict Arbiter Indexes", [])}

    @property
    def read_whole(self) -> set[str]:
        """The names of the tables that it reads from end to end."""
        return {step["Relation Name"] for _, step in self.steps() if step["Node Type"] == "Seq Scan"}


def _node(depth: int, step: dict[str, Any]) -> Node:
    loops = step.get("Actual Loops", 1)
    where = step.get("Index Name") or step.get("Relation Name") or step.get("CTE Name") or ""
    return Node(
        depth=depth,
        text=f"{step['Node Type']} {where}".strip(),
        cost=step["Total Cost"],
        rows=step.get("Actual Rows", step["Plan Rows"]) * loops,
        milliseconds=step.get("Actual Total Time", 0.0) * loops,
        buffers=step.get("Shared Hit Blocks", 0) + step.get("Shared Read Blocks", 0),
    )


class Explaining(WriteSession):
    """A session that keeps the plan of each statement, which it also runs."""

    def __init__(self, connection: "Connection[Record]", *, analyze: bool) -> None:
        """`analyze`: run each statement for its plan too, to measure it; what that changed is taken back."""
        super().__init__(connection)  # type: ignore[arg-type] # a connection does what a pool's does
        self._how = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)" if analyze else "EXPLAIN (FORMAT JSON)"
        self.plans: list[Plan] = []

    async def rows(self, sql: str, *values: object) -> Sequence[Record]:
        await self._explain(sql, values)
        return await super().rows(sql, *values)

    async def row(self, sql: str, *values: object) -> Record | None:
        await self._explain(sql, values)
        return await super().row(sql, *values)

    async def execute(self, sql: str, *values: object) -> None:
        await self._explain(sql, values)
        await super().execute(sql, *values)

    async def execute_many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        for values in rows[:1]:
            await self._explain(sql, values)
        await super().execute_many(sql, rows)

    async def _explain(self, sql: str, values: Sequence[object]) -> None:
        attempt = self._connection.transaction()
        await attempt.start()
        try:
            raw = await self._connection.fetchval(f"{self._how} {sql}", *values)
        finally:
            await attempt.rollback()
        self.plans.append(Plan(sql, json.loads(raw)[0]["Plan"]))


@dataclass(frozen=True)
class Comparison:
    """The plans of a query's statements, and those without the indexes that these use.

    `kept`: indexes that stay, as ON CONFLICT cannot be asked without them. `is_told`: PostgreSQL rather reads
    the few rows that there are, and was told to use indexes all the same.
    """

    indexes: list[str]
    kept: list[str]
    is_told: bool
    with_indexes: list[Plan]
    without: list[Plan]


async def plans_of(
    connection: "Connection[Record]",
    ask: Ask,
    samples: Samples,
    *,
    analyze: bool,
    whole_tables: bool = True,
) -> list[Plan]:
    """Return the plans of a query's statements; what they change is taken back.

    Without `whole_tables`, a table is read from end to end only where no index would do.
    """
    transaction = connection.transaction()
    await transaction.start()
    try:
        if not whole_tables:
            await connection.execute("SET LOCAL enable_seqscan = off")
        session = Explaining(connection, analyze=analyze)
        await ask(session, samples)
    finally:
        await transaction.rollback()
    return session.plans


async def compared(connection: "Connection[Record]", ask: Ask, samples: Samples) -> Comparison:
    """Explain a query, then drop its indexes, explain it again, and take all of that back.

    Until it returns, nobody else can use the tables whose indexes are dropped.
    """
    plans = await plans_of(connection, ask, samples, analyze=True)
    told = [] if _used(plans) else await plans_of(connection, ask, samples, analyze=True, whole_tables=False)
    plans = told if _used(told) else plans
    kept = {index for plan in plans for index in plan.arbiters}
    transaction = connection.transaction()
    await transaction.start()
    try:
        dropped = await connection.fetch(INDEX, sorted(_used(plans) - kept))
        for index in dropped:
            if index["constraint"]:
                sql = f'ALTER TABLE "{index["table"]}" DROP CONSTRAINT "{index["constraint"]}" CASCADE'
            else:
                sql = f'DROP INDEX "{index["name"]}"'
            await connection.execute(sql)
        without = await plans_of(connection, ask, samples, analyze=True)
    finally:
        await transaction.rollback()
    return Comparison([index["name"] for index in dropped], sorted(kept), plans is told, plans, without)


def _used(plans: list[Plan]) -> set[str]:
    return {index for plan in plans for index in plan.indexes}
