"""How arrows run: bent in the gutters between columns, level elsewhere, and around what is in their way."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from scripts.preview.graph.architecture import Flow
from scripts.preview.graph.layout import HEADING, TITLE, Box, Layout

CLEARANCE = 5.0
ARROW = 7.0
LANE = 6.0  # between two arrows beside one column
LOOP = 16.0  # from a card to the first of them
ROUND = 10.0
PORT = 12.0  # between two arrows on one side of a box, where there is room


@dataclass(frozen=True)
class Route:
    """An arrow as an SVG path."""

    flow: Flow
    path: str


@dataclass(frozen=True)
class _Side:
    """Where an arrow leaves or enters: the right side of a box, or its left."""

    key: str
    right: bool


Ends = tuple[_Side, _Side]
Ports = Mapping[tuple[Flow, _Side], float]


def routes(layout: Layout, flows: Iterable[Flow]) -> list[Route]:
    """Route every flow; those that share a side of a box spread over it in the order of where they go."""
    ends = {flow: _sides(layout, flow) for flow in flows}
    ports = _ports(layout, ends)
    router = _Router(layout)

    def length(flow: Flow) -> float:
        source, target = ends[flow]
        return abs(ports[flow, source] - ports[flow, target])

    return [
        Route(flow, router.path(flow, ends[flow], ports))
        for flow in sorted(ends, key=lambda it: (length(it), it))
    ]


def _sides(layout: Layout, flow: Flow) -> Ends:
    source, target = layout.end(flow.source), layout.end(flow.target)
    if target.x >= source.right:
        return _Side(flow.source, right=True), _Side(flow.target, right=False)
    if target.right <= source.x:
        return _Side(flow.source, right=False), _Side(flow.target, right=True)
    return _Side(flow.source, right=True), _Side(flow.target, right=True)


def _ports(layout: Layout, ends: Mapping[Flow, Ends]) -> Ports:
    """The height at which each flow leaves and enters."""
    sides: dict[_Side, list[tuple[float, Flow]]] = defaultdict(list)
    for flow, (source, target) in ends.items():
        sides[source].append((layout.end(flow.target).middle, flow))
        sides[target].append((layout.end(flow.source).middle, flow))
    ports = {}
    for side, arrows in sides.items():
        box = layout.end(side.key)
        step = min(PORT, (box.height - 16) / len(arrows))
        first = box.middle - step * (len(arrows) - 1) / 2
        for number, (_, flow) in enumerate(sorted(arrows)):
            ports[flow, side] = first + number * step
    return ports


@dataclass
class _Router:
    """Draws one arrow after the other; where it runs straight, each keeps clear of those before it.

    Attributes:
        levels: heights at which arrows pass between cards.
        loops: arrows beside a column, as x and the heights between which they run.
    """

    layout: Layout
    levels: list[float] = field(default_factory=list)
    loops: list[tuple[float, float, float]] = field(default_factory=list)

    def path(self, flow: Flow, ends: Ends, ports: Ports) -> str:
        """The path of an arrow."""
        source, target = self.layout.end(flow.source), self.layout.end(flow.target)
        start, stop = ports[flow, ends[0]], ports[flow, ends[1]]
        forward = ends[0].right
        if forward and ends[1].right:
            return self._loop(source.right, start, target.right + ARROW, stop)
        here = source.right if forward else source.x
        there = target.x - ARROW if forward else target.right + ARROW
        return self._across(here, start, there, stop)

    def _loop(self, x: float, y: float, to_x: float, to_y: float) -> str:
        """Out of a column, along it, and back into it."""
        low, high = sorted((y, to_y))
        out = max(x, to_x) + LOOP
        while any(abs(out - at) < LANE and low < end and begin < high for at, begin, end in self.loops):
            out += LANE
        self.loops.append((out, low, high))
        bend = min(ROUND, (high - low) / 2) * (1 if to_y > y else -1)
        return (
            f"M{x:.1f} {y:.1f}H{out - ROUND:.1f}Q{out:.1f} {y:.1f} {out:.1f} {y + bend:.1f}"
            f"V{to_y - bend:.1f}Q{out:.1f} {to_y:.1f} {out - ROUND:.1f} {to_y:.1f}H{to_x:.1f}"
        )

    def _across(self, x: float, y: float, to_x: float, to_y: float) -> str:
        """To another column, level past everything between the two."""
        between = _between(self.layout, min(x, to_x), max(x, to_x))
        if not between:
            return f"M{x:.1f} {y:.1f}{_curve(x, y, to_x, to_y)}"
        level = _level(between, y, to_y, self.levels, self.layout.height)
        self.levels.append(level)
        left, right = min(box.x for box in between), max(box.right for box in between)
        first, last = (left, right) if to_x > x else (right, left)
        return f"M{x:.1f} {y:.1f}{_curve(x, y, first, level)}H{last:.1f}{_curve(last, level, to_x, to_y)}"


def _curve(x: float, y: float, to_x: float, to_y: float) -> str:
    bend = (to_x - x) / 2
    return f"C{x + bend:.1f} {y:.1f} {to_x - bend:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"


def _between(layout: Layout, left: float, right: float) -> list[Box]:
    """The cards, and the headings of groups, between two places."""
    headings = [Box(it.box.x, it.box.y, it.box.width, HEADING) for it in layout.groups.values()]
    return [box for box in (*layout.cards.values(), *headings) if box.x > left and box.right < right]


def _level(between: Sequence[Box], start: float, stop: float, taken: Sequence[float], bottom: float) -> float:
    """The height at which an arrow passes everything in its way with the least detour."""
    blocked = [(box.y - CLEARANCE, box.bottom + CLEARANCE) for box in between]
    blocked += [(level - CLEARANCE, level + CLEARANCE) for level in taken]
    candidates = [y for y in (start, stop, *(y for pair in blocked for y in pair)) if TITLE + 4 < y < bottom]
    free = [y for y in candidates if not any(low < y < high for low, high in blocked)]
    return min(free, key=lambda y: abs(y - start) + abs(y - stop), default=TITLE + 4)
