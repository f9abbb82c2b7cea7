"""What runs on this machine and where, as the runtime wrote it down and as the processes really are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rich.table import Column, Table

from scripts.local.daemons import running_runtime
from scripts.local.ledger import STANDBY, Ledger

if TYPE_CHECKING:
    from pathlib import Path

NOTHING: dict[str, Any] = {"healthy": False, "addresses": {}, "processes": []}

LEFT_BEHIND = "left behind by a runtime that died; `blueprint local down` ends it"
# What each address is for, in the order of a request's way.
PURPOSES = {
    "console": "this cloud, live: topology, figures, faults",
    "site": "the shop, through the CDN",
    "api": "the API Gateway in front of the api function",
    "load_balancer": "the load balancer in front of the app instances",
    "database": "PostgreSQL primary",
    "database_replica": "PostgreSQL streaming replica",
    "cache": "Redis primary, or a member of a cluster",
    "cache_replica": "Redis replica",
    "aws": "the local AWS (AWS_ENDPOINT_URL)",
}


def read_status(state: Path) -> dict[str, Any]:
    """Return `{"healthy", "addresses", "processes"}` of the local cloud below `state`.

    The runtime's own word counts only while the runtime lives: without it, what it left behind is listed from
    the ledger, and nothing is healthy.
    """
    ledger = Ledger(state)
    entries = [entry for entry in ledger.entries() if ledger.is_alive(entry)]
    runtime = running_runtime(state)
    try:
        status = json.loads((state / "status.json").read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        status = NOTHING
    if runtime is None or status.get("pid") != runtime.pid:
        takes_over = runtime is not None or any(entry.role == STANDBY for entry in entries)
        detail = "goes on while the standby takes over" if takes_over else LEFT_BEHIND
        return NOTHING | {
            "processes": [_row(entry) | {"detail": detail} for entry in entries if entry.role != "runtime"]
        }
    alive = {entry.pid for entry in entries}
    known = {process["name"] for process in status["processes"]}
    processes = [
        process | {"healthy": process["healthy"] and process["pid"] in alive}
        for process in status["processes"]
    ]
    own = [
        _daemon(entry) for entry in entries if entry.role in ("aws", "runtime") and entry.name not in known
    ]
    healthy = status["healthy"] and all(process["healthy"] for process in processes)
    return {
        "healthy": healthy,
        "addresses": status["addresses"],
        "processes": own + processes,
        "seen_at": status["seen_at"],
    }


def status_table(status: dict[str, Any]) -> Table:
    """Return the processes as a table, the unhealthy ones marked and explained."""
    longest = max((len(process["name"]) for process in status["processes"]), default=0)
    process_column = Column("process", min_width=longest)  # a name is what `logs` wants: it is never cut
    table = Table(process_column, "role", "pid", "port", "healthy", "detail", box=None, pad_edge=False)
    for process in status["processes"]:
        mark = "[green]yes[/]" if process["healthy"] else "[red]no[/]"
        table.add_row(
            process["name"],
            process["role"],
            str(process["pid"] or ""),
            str(process["port"] or ""),
            mark,
            process["detail"],
        )
    return table


def address_table(status: dict[str, Any]) -> Table:
    """Return the addresses as a table, in the order of a request's way."""
    addresses = status["addresses"]
    ordered = [name for name in PURPOSES if name in addresses] + sorted(addresses.keys() - PURPOSES.keys())
    name_column = Column("address", overflow="fold")  # its end says which shard: never cut
    table = Table(name_column, "", "what it is", box=None, pad_edge=False)
    for name in ordered:
        table.add_row(name, f"[bold]{addresses[name]}[/]", PURPOSES.get(name, ""))
    return table


def _daemon(entry: Any) -> dict[str, Any]:
    return _row(entry) | {"healthy": True, "state": "running"}


def _row(entry: Any) -> dict[str, Any]:
    return {
        "name": entry.name,
        "role": entry.role,
        "pid": entry.pid,
        "port": entry.port,
        "healthy": False,
        "state": "left behind",
        "restarts": 0,
        "detail": "",
        "log": entry.log,
    }
