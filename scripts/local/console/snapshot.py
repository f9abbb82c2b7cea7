"""What the page is told: the topology, how each node is, and its figures."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from scripts.local.console.model import Group, Node, Topology
from scripts.local.console.topology import prefix

Process = Mapping[str, Any]
"""A process as the status tells it."""

# The worst first: what of several processes says how their node is.
WORST = ("failed", "unhealthy", "starting", "healthy")
# What a process is where AWS does not tell it of its node.
ROLES = {"cache": "primary", "cache-replica": "replica"}


def of(
    topology: Topology, processes: Sequence[Process], figures: Mapping[str, Mapping[str, float]]
) -> dict[str, Any]:
    """Return groups and edges as the page takes them; edges are pairs of places in the list of groups."""
    places = {group.id: place for place, group in enumerate(topology.groups)}
    begin = beginning(topology)
    return {
        "prefix": begin,
        "groups": [_group(group, processes, figures, begin) for group in topology.groups],
        "edges": [(places[source], places[target]) for source, target in topology.edges],
    }


def beginning(topology: Topology) -> str:
    """Return what the names of a stack's things begin with, which need not be said each time."""
    return prefix(group.title for group in topology.groups if group.kind in ("fleet", "function", "queue"))


def processes_of(node: Node, processes: Sequence[Process]) -> list[Process]:
    """Return the processes that stand for a node."""
    return [
        process for process in processes if any(fnmatchcase(process["name"], name) for name in node.processes)
    ]


def _group(
    group: Group, processes: Sequence[Process], figures: Mapping[str, Mapping[str, float]], begin: str
) -> dict[str, Any]:
    sizes = group.sizes
    return {
        "id": group.id,
        "tier": group.tier,
        "kind": group.kind,
        "title": group.title.removeprefix(begin),
        "sizes": sizes and {"min": sizes.minimum, "desired": sizes.desired, "max": sizes.maximum},
        "targets": group.targets,
        "bursts": group.bursts,
        "nodes": [_node(node, processes, figures.get(node.id, {}), begin) for node in group.nodes],
    }


def _node(
    node: Node, processes: Sequence[Process], figures: Mapping[str, float], begin: str
) -> dict[str, Any]:
    own = processes_of(node, processes)
    state = state_of(node, own)
    return {
        "id": node.id,
        "title": node.title.removeprefix(begin),
        "role": node.role or next((ROLES.get(process["role"], "") for process in own), ""),
        "state": state,
        "detail": next((process["detail"] for process in own if process["detail"]), ""),
        "figures": figures,
    }


def state_of(node: Node, own: Sequence[Process]) -> str:
    """Return how a node is: "managed" where AWS itself stands for it, "idle" where nothing runs now."""
    if not node.processes:
        return "managed"
    states = {_state(process) for process in own}
    absent = "idle" if node.processes[0].endswith("*") else "absent"
    return next((state for state in WORST if state in states), absent)


def _state(process: Process) -> str:
    if process["state"] == "running":
        return "healthy" if process["healthy"] else "unhealthy"
    return "failed" if process["state"] == "failed" else "starting"
