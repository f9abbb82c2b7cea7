"""Follows one order: every place that it came by, and when.

The database tells what happened and when it was published (the outbox), the logs who worked on it: each line
that names the order is a step.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.local.console.model import Node
from scripts.local.console.probes.databases import Databases, UnreachableError

if TYPE_CHECKING:
    from asyncpg import Record

MOST = 200  # steps that are told
LOG_BYTES = 4 * 2**20  # of each log's end that are searched
NEWEST = "SELECT aggregate_id FROM outbox WHERE type = 'order.placed' ORDER BY id DESC LIMIT 1"
EVENTS = """
    SELECT type, occurred_at, published_at FROM outbox
    WHERE aggregate_id = $1 OR payload->'data'->>'order_id' = $1 ORDER BY id
"""
# "2026-11-29 23:29:21,444+0000", as Python's logging writes it.
COMMA = re.compile(r",(\d{3})")


@dataclass(frozen=True, kw_only=True)
class Step:
    """Something that happened to an order.

    Attributes:
        at: when, in seconds since the epoch.
        place: the process, or who else did it.
        node: the node that this is, if it is one.
        said: what happened.
        times: how often, one after the other.
    """

    at: float
    place: str
    node: str | None
    said: str
    times: int = 1


async def newest(databases: Databases, primaries: Mapping[str, tuple[Node, str]]) -> str | None:
    """Return the order that was placed last. Ids grow with time, across all shards.

    `primaries` are the nodes and their local `host:port`, by their ids.
    """
    found = [row["aggregate_id"] for _, row in await _rows(databases, primaries, NEWEST)]
    return max(found, default=None)


async def steps(
    order: str, databases: Databases, primaries: Mapping[str, tuple[Node, str]], logs: Mapping[str, Path]
) -> list[Step]:
    """Return what is known of an order, the oldest first.

    Args:
        order: its id.
        databases, primaries: where to ask.
        logs: of processes that serve or work on orders, by their names.
    """
    found = []
    for node, row in await _rows(databases, primaries, EVENTS, order):
        title, kind = primaries[node][0].title, row["type"]
        said = f"{kind}: written to the outbox, in the transaction of what it tells"
        found.append(Step(at=row["occurred_at"].timestamp(), place=title, node=node, said=said))
        if row["published_at"]:
            at, said = row["published_at"].timestamp(), f"{kind}: published by the relay that leads"
            found.append(Step(at=at, place="relay", node=None, said=said))
    for name, path in logs.items():
        found += [_step(name, line) for line in _lines(path, order)]
    return list(_folded(sorted(found, key=lambda step: step.at)))[:MOST]


async def _rows(
    databases: Databases, primaries: Mapping[str, tuple[Node, str]], sql: str, *values: object
) -> "list[tuple[str, Record]]":
    """Ask every primary; one that does not answer at the moment has nothing to tell."""
    found: list[tuple[str, Record]] = []
    for identifier, (node, place) in primaries.items():
        try:
            rows = await databases.rows(node, place, sql, *values)
        except UnreachableError:
            continue
        found += [(identifier, row) for row in rows]
    return found


def _lines(path: Path, order: str) -> Iterator[Mapping[str, Any]]:
    """Yield the structured lines at the end of a log that name the order."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - LOG_BYTES))
            text = file.read()
    except OSError:
        return
    for line in text.splitlines():
        if order.encode() in line and line.startswith(b"{"):
            try:
                yield json.loads(line)
            except ValueError:  # the first may be half a line
                continue


def _step(process: str, line: Mapping[str, Any]) -> Step:
    at = datetime.fromisoformat(COMMA.sub(r".\1", line["timestamp"])).timestamp()
    if line["message"] == "request":
        said = f"{line['method']} {line['path']}: answered {line['status']} after {line['milliseconds']} ms"
    else:
        said = str(line["message"])
    return Step(at=at, place=process, node=None, said=said)


def _folded(ordered: Iterable[Step]) -> Iterator[Step]:
    """Take what was said again and again, as by a page that looks whether there is news, as one step."""
    last: Step | None = None
    for step in ordered:
        if last and (last.place, _plain(last.said)) == (step.place, _plain(step.said)):
            last = Step(at=last.at, place=last.place, node=last.node, said=last.said, times=last.times + 1)
            continue
        if last:
            yield last
        last = step
    if last:
        yield last


def _plain(said: str) -> str:
    return said.partition(" after ")[0]


def primaries_of(nodes: Sequence[Node], places: Mapping[str, str]) -> dict[str, tuple[Node, str]]:
    """Return the primaries that run, by their ids, with their local `host:port`."""
    return {
        node.id: (node, places[node.id]) for node in nodes if node.role == "primary" and node.id in places
    }
