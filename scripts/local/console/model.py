"""What the console shows: groups of nodes in tiers, and who uses whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Tier = Literal["clients", "edge", "balancing", "services", "data", "events", "consumers"]
TIERS: tuple[Tier, ...] = ("clients", "edge", "balancing", "services", "data", "events", "consumers")


@dataclass(frozen=True, kw_only=True)
class Node:
    """One thing that is deployed.

    Attributes:
        id: its ARN, or its name where it has none.
        title: what people call it.
        role: what it is among its like, such as "primary".
        processes: the names of the processes that stand for it, or what these names begin with (`NAME-*`).
        place: where it is deployed, such as `host:port`; "" where nobody connects to it.
        described: what AWS says of it.
    """

    id: str
    title: str
    role: str = ""
    processes: tuple[str, ...] = ()
    place: str = ""
    described: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How many instances a group may have, and is to have now."""

    minimum: int
    desired: int
    maximum: int


@dataclass(frozen=True, kw_only=True)
class Group:
    """Things of a kind that belong together.

    Attributes:
        id: unlike any other's.
        kind: what they are: "fleet", "database", "queue", ...
        targets: what its scaling policies keep, by the name of the metric.
        bursts: from which value of such a metric on it grows at once.
        told: by what others are told of them, such as addresses, names and ARNs.
        hears: what they themselves are told: the values of their settings by name.
        leads_to: by what they know those they send to: ARNs, addresses.
        fed_by: ARNs of what is read for them.
    """

    id: str
    tier: Tier
    kind: str
    title: str
    nodes: Sequence[Node]
    sizes: Sizes | None = None
    targets: Mapping[str, float] = field(default_factory=dict)
    bursts: Mapping[str, float] = field(default_factory=dict)
    told: frozenset[str] = frozenset()
    hears: Mapping[str, str] = field(default_factory=dict)
    leads_to: frozenset[str] = frozenset()
    fed_by: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Topology:
    """All groups, and who sends to whom: pairs of their ids."""

    groups: Sequence[Group]
    edges: Sequence[tuple[str, str]]
