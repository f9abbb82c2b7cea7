"""The architecture of a stack: nodes by tier, and the flows between them.

Flows are read off the program itself: an event source mapping ties a queue to a function, a security group's
rule lets an instance reach a database, a role's policy lets a function put into a stream.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from itertools import product
from typing import Self

from scripts.evaluation.recorder import Recording, Registered
from scripts.evaluation.stack import Evaluation
from scripts.preview.graph.kinds import (
    CARRIED,
    COUNTED,
    IN_OPERATIONS,
    KINDS,
    PASSED_THROUGH,
    WIRES,
    Kind,
    Tier,
    describe,
    kind_of,
)

CLIENTS = "clients"
ANYWHERE = "0.0.0.0/0"

ALIKE = 3
"""As many nodes whose names differ in a number alone are shown as one."""


@dataclass(frozen=True, kw_only=True)
class Node:
    """One box of the picture.

    Attributes:
        key: its own among all nodes.
        title, details: what it says: its name, then its service and what matters of it.
        region: where it is.
        count: how many resources it stands for.
        protected: whether a destroy refuses to delete them.
    """

    key: str
    tier: Tier
    group: str
    title: str
    details: tuple[str, ...]
    region: str
    count: int = 1
    protected: bool = False


@dataclass(frozen=True, order=True)
class Flow:
    """An arrow from a node to another; `copies` is replication rather than a request."""

    source: str
    target: str
    copies: bool = False


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """What a picture shows.

    Attributes:
        title, subtitle: the stack.
        nodes: by key, in the order in which they are drawn.
        flows: between keys of nodes, or from `CLIENTS`.
        operations: what is counted rather than drawn: "14 alarms".
    """

    title: str
    subtitle: str
    region: str
    nodes: Mapping[str, Node]
    flows: tuple[Flow, ...]
    operations: tuple[str, ...]

    @classmethod
    def of(cls, evaluation: Evaluation) -> Self:
        """Read the architecture off an evaluated stack."""
        settings, reader = evaluation.settings, _Reader(evaluation.recording, evaluation.settings.region)
        flows = reader.flows()
        reader.leave_out_logs({end for flow in flows for end in (flow.source, flow.target)})
        resources = sum(it.custom and not it.type.startswith("pulumi:") for it in reader.resources.values())
        return cls(
            title=f"{settings.project} {settings.stack}",
            subtitle=f"stage {settings.stage} · {settings.region} · {resources} resources",
            region=settings.region,
            nodes=reader.nodes,
            flows=tuple(sorted(flows)),
            operations=tuple(reader.operations()),
        )


@dataclass
class _Reader:
    """Reads nodes and flows off a recording."""

    recording: Recording
    region: str
    shown: dict[str, str] = field(default_factory=dict)  # the node that shows a resource, by URN
    nodes: dict[str, Node] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.resources = self.recording.resources
        self._regions = {it.urn: str(it.inputs["region"]) for it in self.recording.of("pulumi:providers:aws")}
        candidates = [it for it in self.resources.values() if self._kind(it)]
        folded = {it.urn: source for it in candidates if (source := self._folds_into(it))}
        members: dict[str, list[Registered]] = defaultdict(list)
        for it in sorted(candidates, key=lambda it: (_natural(it), it.type)):
            members[self._key(it)].append(it)
        for key, every in members.items():
            alike = [it for it in every if it.urn not in folded]
            for node_key, some in self._split(key, alike):
                self._add(node_key, some, folded)
        for urn, source in folded.items():
            if source in self.shown:
                self.shown[urn] = self.shown[source]

    def _kind(self, it: Registered) -> Kind | None:
        """What kind of node a resource is; None is no node of its own."""
        kind = KINDS.get(kind_of(it))
        if kind is None or self._area(it) in IN_OPERATIONS:
            return None
        if kind_of(it) == "route53/record:Record" and self._used(it, "zoneId"):
            return None  # its zone is shown
        return kind

    def _area(self, it: Registered) -> str:
        """The area of the outermost component around a resource: `data` of `blueprint:data:Database`."""
        area = ""
        while (parent := self.resources.get(it.parent)) is not None:
            it, area = parent, parent.type.split(":")[1]
        return area

    def _region_of(self, it: Registered) -> str:
        return self._regions.get(it.provider.rpartition("::")[0], self.region)

    def _used(self, it: Registered, key: str) -> list[Registered]:
        return [self.resources[urn] for urn in sorted(it.uses.get(key, ())) if urn in self.resources]

    def _folds_into(self, it: Registered) -> str | None:
        """The resource that speaks for another: a primary for its replicas, a queue for its dead letters."""
        for source in self._used(it, "replicateSourceDb"):
            if self._region_of(source) == self._region_of(it):
                return source.urn
        for other in self.recording.of("sqs/queue:Queue"):
            if it.urn in other.uses.get("redrivePolicy", ()):
                return other.urn
        return None

    def _key(self, it: Registered) -> str:
        """Nodes of one key are alike: they differ in numbers, or are always one."""
        kind = KINDS[kind_of(it)]
        name = it.parent if kind.one else re.sub(r"\d+", "#", it.name)
        return "|".join((kind_of(it), self._region_of(it), name))

    def _split(self, key: str, alike: list[Registered]) -> Iterator[tuple[str, list[Registered]]]:
        if alike and (len(alike) >= ALIKE or KINDS[kind_of(alike[0])].one):
            yield key, alike
        else:
            yield from ((it.urn, [it]) for it in alike)

    def _add(self, key: str, members: list[Registered], folded: Mapping[str, str]) -> None:
        first = members[0]
        kind = KINDS[kind_of(first)]
        inside = Counter(kind_of(self.resources[urn]) for urn, into in folded.items() if into == first.urn)
        inputs = {
            **first.inputs,
            "template": {key: value for it in self._templates(first) for key, value in it.inputs.items()},
            "read_replicas": inside["rds/instance:Instance"],
            "dead_letters": inside["sqs/queue:Queue"],
        }
        self.nodes[key] = Node(
            key=key,
            tier=self._tier(first, kind),
            group=kind.group,
            title=first.name if len(members) == 1 else _common_name([it.name for it in members]),
            details=(*describe(kind, inputs), *self._elsewhere(first, kind)),
            region=self._region_of(first),
            count=len(members),
            protected=all(it.protect for it in members),
        )
        self.shown |= {it.urn: key for it in members}

    def _elsewhere(self, it: Registered, kind: Kind) -> Iterator[str]:
        """The region of what stands at the edge, beside all regions, but is in another than the stack."""
        everywhere = kind_of(it).startswith(("cloudfront/", "route53/", "wafv2/"))
        if kind.tier == Tier.EDGE and not everywhere and self._region_of(it) != self.region:
            yield self._region_of(it)

    def _templates(self, it: Registered) -> list[Registered]:
        return [*self._used(it, "launchTemplate"), *self._used(it, "mixedInstancesPolicy")]

    def _tier(self, it: Registered, kind: Kind) -> Tier:
        if it.inputs.get("internal"):
            return Tier.COMPUTE
        subnets = [*self._used(it, "vpcZoneIdentifiers"), *self._used(it, "subnetId")]
        if subnets and all(subnet.inputs.get("mapPublicIpOnLaunch") for subnet in subnets):
            return Tier.PUBLIC
        return kind.tier

    def flows(self) -> set[Flow]:
        """Every flow between two nodes, and from the clients to where they come in."""
        wired = set(self._wired())
        back = {(flow.target, flow.source) for flow in wired}
        granted = {it for it in self._granted() if (it.source, it.target) not in back}
        reaching = {*self._reaching(), *self._reaching_across()}
        flows = {it for it in wired | granted | reaching if it.source != it.target}
        entered = {it.target for it in flows}
        entries = {
            self.shown[it.urn]
            for it in self.resources.values()
            if it.urn in self.shown and KINDS[kind_of(it)].entry and not it.inputs.get("internal")
        }
        return flows | {Flow(CLIENTS, key) for key in entries - entered}

    def _wired(self) -> Iterator[Flow]:
        for wire in WIRES:
            for it in self.recording.of(wire.type):
                for source in self._ends(it, wire.source):
                    for target in self._ends(it, wire.target):
                        yield Flow(source, target, wire.copies)

    def _ends(self, it: Registered, key: str) -> set[str]:
        """The nodes that a wire's input names."""
        urns = it.uses.get(key, frozenset()) if key else {it.urn}
        return {node for urn in urns for node in self._stands_for(urn)}

    def _stands_for(self, urn: str) -> set[str]:
        if urn in self.shown:
            return {self.shown[urn]}
        it = self.resources.get(urn)
        if it is None:
            return set()
        keys = PASSED_THROUGH.get(kind_of(it), ())
        return {node for key in keys for used in it.uses.get(key, ()) for node in self._stands_for(used)}

    def _granted(self) -> Iterator[Flow]:
        """What a role may use is where those who carry it send their requests."""
        carriers = self._carriers()
        for grant in self.recording.of("iam/rolePolicy:RolePolicy"):
            for role in grant.uses.get("role", ()):
                for used in grant.uses.get("policy", ()):
                    if used in self.shown:
                        yield from (Flow(node, self.shown[used]) for node in carriers[role])

    def _reaching(self) -> Iterator[Flow]:
        """Who may open a connection to whom."""
        carriers = self._carriers()
        for rule in self.recording.of("vpc/securityGroupIngressRule:SecurityGroupIngressRule"):
            for client in rule.uses.get("referencedSecurityGroupId", ()):
                for server in rule.uses.get("securityGroupId", ()):
                    for source in carriers[client]:
                        yield from (Flow(source, target) for target in carriers[server])

    def _reaching_across(self) -> Iterator[Flow]:
        """Who may connect to whom in another region, where groups let each other through by addresses."""
        carriers = self._carriers()
        leaving = self._rules_by_address("vpc/securityGroupEgressRule:SecurityGroupEgressRule")
        arriving = self._rules_by_address("vpc/securityGroupIngressRule:SecurityGroupIngressRule")
        for out, into in product(leaving, arriving):
            if out.inputs["toPort"] != into.inputs["toPort"] or self._region_of(out) == self._region_of(into):
                continue
            for client, server in product(out.uses["securityGroupId"], into.uses["securityGroupId"]):
                yield from (Flow(*ends) for ends in product(carriers[client], carriers[server]))

    def _rules_by_address(self, type_: str) -> list[Registered]:
        """The rules of a type that name a network, other than the internet."""
        return [it for it in self.recording.of(type_) if it.inputs.get("cidrIpv4", ANYWHERE) != ANYWHERE]

    def _carriers(self) -> Mapping[str, set[str]]:
        """By the URN of a role or security group: the nodes that carry it."""
        carriers: dict[str, set[str]] = defaultdict(set)
        for urn, node in self.shown.items():
            for carried in self._carried(self.resources[urn]):
                carriers[carried].add(node)
        return carriers

    def _carried(self, it: Registered) -> Iterator[str]:
        for urn in {urn for urns in it.uses.values() for urn in urns}:
            used = self.resources.get(urn)
            if used is not None and kind_of(used) in CARRIED:
                yield urn
                yield from self._carried(used)

    def leave_out_logs(self, connected: Set[str]) -> None:
        """Count rather than draw buckets that nothing of the stack reads or writes: AWS puts logs there."""
        logs = {key for key, it in self.nodes.items() if it.group == "Buckets"} - connected
        self.nodes = {key: it for key, it in self.nodes.items() if key not in logs}
        self.shown = {urn: key for urn, key in self.shown.items() if key not in logs}

    def operations(self) -> Iterator[str]:
        """What is counted rather than drawn."""
        counts = Counter(kind_of(it) for it in self.resources.values() if it.urn not in self.shown)
        for type_, (one, several) in COUNTED.items():
            if number := counts[type_]:
                yield f"{number} {one if number == 1 else several}"


def _natural(it: Registered) -> tuple[tuple[str, int], ...]:
    """Sorts names with numbers as people do: 2 before 10."""
    return tuple(
        (text, int(number or -1)) for text, number in re.findall(r"(\D*)(\d*)", it.name) if text or number
    )


def _common_name(names: Iterable[str]) -> str:
    """`shard-1 … 16` for many names that differ in a number, else the beginning that they share."""
    first, *_, last = names
    start = re.match(r"\D*", first)
    numbers = re.findall(r"\d+", last)
    if numbers and re.sub(r"\d+", "#", first) == re.sub(r"\d+", "#", last):
        return f"{first} … {numbers[-1]}"
    return (start.group() if start else first).rstrip("-")
