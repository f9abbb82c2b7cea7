"""Every policy of the pack, by area."""

from collections.abc import Mapping, Sequence
from types import ModuleType

from infra.policies import compute, data, edge, events, identity, network, operations, storage
from infra.policies.definition import ResourcePolicy, StackPolicy

NAME = "blueprint"

AREAS: Mapping[str, ModuleType] = {
    "network": network,
    "compute": compute,
    "data": data,
    "storage": storage,
    "events": events,
    "edge": edge,
    "identity": identity,
    "operations": operations,
}

POLICIES: Sequence[ResourcePolicy | StackPolicy] = [
    value
    for area in AREAS.values()
    for value in vars(area).values()
    if isinstance(value, ResourcePolicy | StackPolicy)
]
"""In the order in which the areas' modules define them."""
