"""What the databases say, as tables for people."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.filesize import decimal
from rich.table import Table

if TYPE_CHECKING:
    from scripts.db.plans import Comparison, Plan
    from scripts.db.state import Part, Replica, Shard

FAR = 40  # characters of a statement that a title shows


def shards(found: "Sequence[Shard]") -> Table:
    """Return the shards, one a row."""
    table = _table("shard", "address", "slots", "share of ring", "orders, about", "size", "being moved")
    for shard in found:
        moves = ", ".join(f"{count} {state}" for state, count in shard.moves.items())
        table.add_row(
            str(shard.number),
            shard.address,
            f"{shard.slots:,}",
            f"{shard.share:.1%}",
            f"{shard.orders:,}",
            decimal(shard.bytes),
            moves or "nothing",
        )
    return table


def replicas(found: "Sequence[Replica]") -> Table:
    """Return the replicas, one a row."""
    table = _table("shard", "replica", "bytes behind", "age of its newest change, s")
    for one in found:
        if one.bytes is None or one.seconds is None:
            behind = ("does not answer", "")
        else:
            behind = (f"{one.bytes:,}", f"{one.seconds:.3f}")
        table.add_row(str(one.shard), one.address, *behind)
    return table


def parts(found: "Sequence[Part]") -> Table:
    """Return the partitions, one a row."""
    table = _table("table", "partition", "from", "to", "rows, about", "size", "state")
    for part in found:
        times = (_day(part.start), _day(part.end)) if part.state != "detached" else ("", "")
        table.add_row(part.table, part.name, *times, f"{part.rows:,}", decimal(part.bytes), part.state)
    return table


def changes(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return what was done to partitions."""
    table = _table("shard", "partition", "")
    for row in rows:
        table.add_row(str(row["shard"]), row["partition"], row["what"])
    return table


def comparison(name: str, found: "Comparison") -> Iterator[Table | str]:
    """Return, for each statement of a query, its plans side by side."""
    yield f"[bold]{name}[/] {_indexes(found)}"
    for number, (usual, without) in enumerate(zip(found.with_indexes, found.without, strict=True), 1):
        side_by_side = Table(
            "with its indexes",
            "without them",
            title=f"{number}. {_beginning(usual.sql)}",
            title_justify="left",
        )
        side_by_side.add_row(_plan(usual), _plan(without))
        yield side_by_side


def comparison_json(found: "Comparison") -> dict[str, Any]:
    """Return the same for machines, with the plans as PostgreSQL tells them."""
    return {
        "indexes": found.indexes,
        "kept": found.kept,
        "is_told": found.is_told,
        "statements": [
            {"sql": usual.sql, "with": usual.raw, "without": without.raw}
            for usual, without in zip(found.with_indexes, found.without, strict=True)
        ],
    }


def _indexes(found: "Comparison") -> str:
    said = [f"uses {', '.join(found.indexes)}"] if found.indexes else []
    if found.is_told:
        said = [f"rather reads all of so few rows; told not to, it {said[0]}"]
    if found.kept:
        said.append(f"needs {', '.join(found.kept)} for ON CONFLICT, which stays")
    return ", and ".join(said) or "uses no index"


def _plan(plan: "Plan") -> Table:
    table = _table("step", "cost", "rows", "buffers", "ms")
    for node in plan.nodes:
        table.add_row(
            "  " * node.depth + node.text,
            f"{node.cost:,.1f}",
            f"{node.rows:,.0f}",
            f"{node.buffers:,}",
            f"{node.milliseconds:,.2f}",
        )
    return table


def _beginning(sql: str) -> str:
    line = " ".join(sql.split())
    return line if len(line) <= FAR else f"{line[:FAR]}..."


def _day(time: datetime | None) -> str:
    return "open" if time is None else f"{time:%Y-%m-%d}"


def _table(*columns: str) -> Table:
    return Table(*columns, box=None, pad_edge=False)
