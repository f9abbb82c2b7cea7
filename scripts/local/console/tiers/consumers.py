"""The functions, each with what feeds it; and where what they could not process ends."""

from collections.abc import Mapping, Sequence
from typing import Any

from scripts.local.console.model import Group, Node
from scripts.local.console.tiers.queues import Queue
from scripts.local.runtime.aws_client import Aws


async def groups(aws: Aws, queues: Sequence[Queue]) -> list[Group]:
    """Return each function as a group of its own, and all queues that are the end of something as one."""
    functions = (await aws.collect("lambda", "list_functions"))["Functions"]
    mappings = (await aws.collect("lambda", "list_event_source_mappings"))["EventSourceMappings"]
    sources: dict[str, list[Mapping[str, Any]]] = {}
    for mapping in mappings:
        sources.setdefault(_function(mapping["FunctionArn"]), []).append(mapping)
    ends = tuple(queue.node for queue in queues if queue.is_end)
    dead_letters = Group(
        id="dead-letters", tier="consumers", kind="dead letters", title="Dead letters", nodes=ends
    )
    found = [_group(one, sources.get(one["FunctionArn"], [])) for one in functions]
    return [*sorted(found, key=lambda group: group.title), *([dead_letters] if ends else [])]


def _group(found: Mapping[str, Any], mappings: list[Mapping[str, Any]]) -> Group:
    name, arn = found["FunctionName"], found["FunctionArn"]
    described = {
        key: value for key, value in found.items() if key not in ("Environment", "VpcConfig", "Layers")
    }
    off = [one for one in mappings if one["State"] != "Enabled"]
    node = Node(
        id=arn,
        title=name,
        role="mapping off" if off else "",
        processes=(f"function-{name}-*",),
        described=described | {"Mappings": [_mapping(one) for one in mappings]},
    )
    return Group(
        id=arn,
        tier="consumers",
        kind="function",
        title=name,
        nodes=(node,),
        told=frozenset({arn}),
        fed_by=frozenset(one["EventSourceArn"].partition("/consumer/")[0] for one in mappings),
        hears=found.get("Environment", {}).get("Variables", {}),
    )


def _mapping(found: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("UUID", "EventSourceArn", "State", "BatchSize", "MaximumBatchingWindowInSeconds")
    return {key: found[key] for key in kept if key in found}


def _function(arn: str) -> str:
    """Return a function's ARN without the alias or version."""
    return ":".join(arn.split(":")[:7])
