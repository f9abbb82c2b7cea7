"""Flows that share their ends are drawn as one: from a whole group, or to a whole group."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from scripts.preview.graph.architecture import Architecture, Flow, Node


def group_of(node: Node) -> str:
    """The key of the group that a node stands in."""
    return f"{node.region}/{node.tier}/{node.group}"


def bundled(architecture: Architecture) -> list[Flow]:
    """The flows, with the key of a group in place of all its nodes where each of them has the same flow."""
    members: dict[str, set[str]] = defaultdict(set)
    for node in architecture.nodes.values():
        members[group_of(node)].add(node.key)
    several = {group: keys for group, keys in members.items() if len(keys) > 1}
    flows = _from_groups(set(architecture.flows), several)
    turned = _from_groups({_turned(flow) for flow in flows}, several)
    return sorted(_turned(flow) for flow in turned)


def _from_groups(flows: Iterable[Flow], groups: Mapping[str, set[str]]) -> set[Flow]:
    """Replace the flows of all nodes of a group to one target by a flow of the group."""
    sources: dict[tuple[str, bool], set[str]] = defaultdict(set)
    for flow in flows:
        sources[flow.target, flow.copies].add(flow.source)
    result = set()
    for (target, copies), keys in sources.items():
        left = set(keys)
        for group, members in groups.items():
            if members <= keys and target not in members:
                left -= members
                result.add(Flow(group, target, copies))
        result |= {Flow(key, target, copies) for key in left}
    return result


def _turned(flow: Flow) -> Flow:
    return Flow(flow.target, flow.source, flow.copies)
