"""Where everything of a picture stands.

Columns from left to right: clients, edge, public, compute, data above events; each is one card wide, so that
arrows can pass between cards. Two regions stand one below the other, beside one edge.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scripts.preview.graph.architecture import CLIENTS, Architecture, Node
from scripts.preview.graph.bundles import group_of
from scripts.preview.graph.kinds import KINDS, Tier
from scripts.preview.graph.text import wrapped

CARD_WIDTH = 212.0
ROOM = CARD_WIDTH - 26  # for the text of a card
LINE = 15.0
GAP = 12.0  # between cards
GUTTER = 76.0  # between columns: arrows bend there
PADDING = 14.0  # inside frames and groups
HEADING = 24.0
MARGIN = 28.0
TITLE = 64.0
SWEEPS = 4

CLIENTS_WIDTH = 92.0
GROUPS = {kind.group: number for number, kind in enumerate(KINDS.values())}
COLUMNS: tuple[tuple[Tier, ...], ...] = ((Tier.PUBLIC,), (Tier.COMPUTE,), (Tier.DATA, Tier.EVENTS))
GROUP_WIDTH = CARD_WIDTH + 2 * PADDING
TIER_WIDTH = GROUP_WIDTH + 2 * PADDING
LOOPS = 40.0  # beside the last column, for arrows that stay in it


@dataclass
class Box:
    """A rectangle; y grows downwards."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


@dataclass(frozen=True)
class Titled:
    """A frame around a tier or a region, or a group of one or several cards."""

    title: str
    box: Box
    several: bool = False


@dataclass
class Layout:
    """A finished layout.

    Attributes:
        width, height: of the picture, without the strip of operations.
        regions, tiers: frames, the outer ones first.
        groups: by key.
        cards: by the key of their node; the clients' is among them.
    """

    width: float = 0
    height: float = 0
    regions: list[Titled] = field(default_factory=list)
    tiers: list[Titled] = field(default_factory=list)
    groups: dict[str, Titled] = field(default_factory=dict)
    cards: dict[str, Box] = field(default_factory=dict)

    def end(self, key: str) -> Box:
        """The card of a node, or the box of a group."""
        return self.cards[key] if key in self.cards else self.groups[key].box


def card_height(node: Node) -> float:
    """A card has one line for its name and one or two below it."""
    return LINE * (1 + len(wrapped(node.details, ROOM))) + 16


def arrange(architecture: Architecture) -> Layout:
    """Place everything; cards move next to those that they talk to, as far as their group allows."""
    neighbours = _neighbours(architecture)
    order = {key: float(number) for number, key in enumerate(architecture.nodes)}
    layout = _Arranger(architecture, order).arrange()
    for _ in range(SWEEPS):
        middles = {key: box.middle for key, box in layout.cards.items()}
        for key in order:
            known = [middles[other] for other in neighbours[key]]
            order[key] = sum(known) / len(known) if known else middles[key]
        layout = _Arranger(architecture, order).arrange()
    return layout


def _neighbours(architecture: Architecture) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for flow in architecture.flows:
        found[flow.source].append(flow.target)
        found[flow.target].append(flow.source)
    return found


@dataclass(frozen=True)
class _Stack:
    """A tier's groups, one below the other."""

    title: str
    groups: Mapping[str, Sequence[Node]]

    @property
    def height(self) -> float:
        heights = [_group_height(nodes) for nodes in self.groups.values()]
        return HEADING + sum(heights) + GAP * (len(heights) - 1) + PADDING


def _group_height(nodes: Sequence[Node]) -> float:
    below = PADDING if len(nodes) > 1 else 2.0  # a single card has no box around it
    return HEADING + sum(card_height(node) + GAP for node in nodes) - GAP + below


@dataclass
class _Arranger:
    """Places cards in a given order."""

    architecture: Architecture
    order: Mapping[str, float]
    layout: Layout = field(default_factory=Layout)

    def arrange(self) -> Layout:
        """Place the regions one below the other, then the edge and the clients beside them."""
        edge = self._stack(Tier.EDGE, None)
        left = MARGIN + CLIENTS_WIDTH + GUTTER
        start = left + (TIER_WIDTH + GUTTER if edge else 0)
        main = self.architecture.region
        regions = sorted({it.region for it in self._beyond_edge()}, key=lambda it: (it != main, it))
        bottom = TITLE
        for region in regions:
            top = bottom + (2 * GAP if region != regions[0] else 0)
            bottom = self._place_region(region, start, top, framed=len(regions) > 1)
        bottom = max(bottom, TITLE + (edge.height if edge else 0))
        if edge:
            self._place(edge, Box(left, TITLE, TIER_WIDTH, bottom - TITLE))
        middle = (TITLE + bottom) / 2
        self.layout.cards[CLIENTS] = Box(MARGIN, middle - 23, CLIENTS_WIDTH, 46)
        self.layout.width = max(it.box.right for it in [*self.layout.tiers, *self.layout.regions]) + LOOPS
        self.layout.height = bottom + MARGIN
        return self.layout

    def _beyond_edge(self) -> list[Node]:
        return [it for it in self.architecture.nodes.values() if it.tier != Tier.EDGE]

    def _stack(self, tier: Tier, region: str | None) -> _Stack | None:
        """The groups of a tier in a region (None: everywhere), or None where there are none."""
        nodes = [it for it in self.architecture.nodes.values() if it.tier == tier]
        groups: dict[str, list[Node]] = defaultdict(list)
        for node in sorted(nodes, key=lambda it: (GROUPS.get(it.group, 0), self.order[it.key])):
            if region in (None, node.region):
                groups[group_of(node)].append(node)
        return _Stack(tier.value, groups) if groups else None

    def _place_region(self, region: str, left: float, top: float, *, framed: bool) -> float:
        """Place the columns of a region; return where it ends."""
        inset = PADDING if framed else 0.0
        used = {it.tier for it in self._beyond_edge()}
        columns = [
            [stack for tier in tiers if (stack := self._stack(tier, region))]
            for tiers in COLUMNS
            if used & set(tiers)
        ]
        first = top + (HEADING if framed else 0)
        height = max(self._height(column) for column in columns)
        x = left + inset
        for column in columns:
            spare = (height - self._height(column)) / max(len(column), 1)
            y = first
            for stack in column:
                self._place(stack, Box(x, y, TIER_WIDTH, stack.height + spare))
                y += stack.height + spare + GAP
            x += TIER_WIDTH + GUTTER
        if framed:
            box = Box(left, top, x - GUTTER + inset - left, first + height + inset - top)
            self.layout.regions.append(Titled(region, box))
        return first + height + inset

    def _height(self, column: Sequence[_Stack]) -> float:
        return sum(stack.height for stack in column) + GAP * (len(column) - 1)

    def _place(self, stack: _Stack, box: Box) -> None:
        """Place a tier's frame, and its groups in the middle of it."""
        self.layout.tiers.append(Titled(stack.title, box))
        y = box.y + HEADING + (box.height - stack.height) / 2
        for key, nodes in stack.groups.items():
            group = Box(box.x + PADDING, y, GROUP_WIDTH, _group_height(nodes))
            self.layout.groups[key] = Titled(nodes[0].group, group, several=len(nodes) > 1)
            top = y + HEADING
            for node in nodes:
                self.layout.cards[node.key] = Box(group.x + PADDING, top, CARD_WIDTH, card_height(node))
                top += card_height(node) + GAP
            y += group.height + GAP
