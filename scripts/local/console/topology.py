"""Reads what is deployed, tier by tier, and finds out who uses whom."""

import asyncio
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from scripts.local.console.model import Group, Node, Topology
from scripts.local.console.tiers import compute, consumers, data, edge, events, queues
from scripts.local.runtime.aws_client import Aws

CLIENTS = Group(
    id="clients",
    tier="clients",
    kind="client",
    title="Clients",
    nodes=(Node(id="clients", title="Browsers"),),
)
# A name alone does not say of what it is: the setting that it stands in does.
HINTS = {"table": "TABLE", "stream": "STREAM", "bus": "BUS", "bucket": "BUCKET"}
SEPARATORS = re.compile(r"[\s,\"\[\]]+")
SCHEME = re.compile(r"^rediss?://")


async def read(aws: Aws) -> Topology:
    """Return all that is deployed.

    Raises:
        botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError: AWS does not answer.
    """
    all_queues = await queues.read(aws)
    found = await asyncio.gather(
        edge.groups(aws),
        compute.groups(aws),
        data.groups(aws),
        events.groups(aws, all_queues),
        consumers.groups(aws, all_queues),
    )
    groups = [group for some in found for group in some]
    called = frozenset[str]().union(*(group.leads_to for group in groups if group.tier == "edge"))
    groups = [_with_services(group, called) for group in groups]
    groups = [CLIENTS, *groups] if groups else []
    return Topology(groups=groups, edges=sorted(set(_edges(groups))))


def _with_services(group: Group, called: frozenset[str]) -> Group:
    """Count a function that a gateway calls among the services."""
    serves = group.kind == "function" and not group.told.isdisjoint(called)
    return replace(group, tier="services") if serves else group


def prefix(names: Iterable[str]) -> str:
    """Return what all names of a stack begin with, such as `blueprint-local-`; "" for fewer than two."""
    different = set(names)
    if len(different) < 2:
        return ""
    first, last = min(different), max(different)  # all others begin with what these two have in common
    same = [one == other for one, other in zip(first, last, strict=False)]
    common = first[: same.index(False)] if False in same else first
    return common[: common.rfind("-") + 1]


def _edges(groups: list[Group]) -> Iterator[tuple[str, str]]:
    doors = [group for group in groups if group.tier == "edge" and group.kind != "bucket"]
    doors = doors or [group for group in groups if group.tier == "balancing"]
    yield from ((CLIENTS.id, group.id) for group in doors)
    for source in groups:
        for target in groups:
            if source is not target and _sends(source, target):
                yield source.id, target.id


def _sends(source: Group, target: Group) -> bool:
    return bool(source.leads_to & target.told or source.told & target.fed_by) or _is_told(source, target)


def _is_told(source: Group, target: Group) -> bool:
    """Tell whether a setting of the source names the target."""
    hint = HINTS.get(target.kind, "")
    return any(
        hint in name and not target.told.isdisjoint(_words(value)) for name, value in source.hears.items()
    )


def _words(value: str) -> Iterator[str]:
    """Return the names and addresses that a setting holds."""
    for word in SEPARATORS.split(value):
        yield SCHEME.sub("", word).partition("/0")[0] if SCHEME.match(word) else word
