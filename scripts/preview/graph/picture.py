"""Draws an architecture as an SVG that follows the reader's light or dark theme."""

import xml.etree.ElementTree as ET
from collections.abc import Collection, Sequence

from scripts.preview.graph.architecture import CLIENTS, Architecture, Flow, Node
from scripts.preview.graph.bundles import bundled
from scripts.preview.graph.kinds import Tier
from scripts.preview.graph.layout import LINE, MARGIN, ROOM, Box, Layout, Titled, arrange
from scripts.preview.graph.routes import routes
from scripts.preview.graph.text import DETAIL, NAME, shortened, text_width, wrapped

STYLE = """
svg {
  color-scheme: light dark;
  --page: #ffffff; --frame: #f6f7f9; --line: #d7dce2; --card: #ffffff; --ink: #1d2630; --soft: #5d6875;
  --edge: #2f6fd0; --public: #0e8f8f; --compute: #c8731a; --data: #2a8450; --events: #8a43b5;
  --operations: #6b7683;
}
@media (prefers-color-scheme: dark) {
  svg {
    --page: #0f141a; --frame: #161d25; --line: #2c3742; --card: #1d2731; --ink: #e8edf2; --soft: #9aa7b4;
    --edge: #6aa3f5; --public: #4cc4c4; --compute: #eba45a; --data: #5fc48b; --events: #c48ae6;
    --operations: #93a0ad;
  }
}
text {
  font-family: Inter, system-ui, -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif;
  fill: var(--ink);
}
.page { fill: var(--page); }
.region { fill: none; stroke: var(--soft); stroke-width: 1.2; stroke-dasharray: 2 5; }
.tier { fill: var(--frame); stroke: var(--line); }
.group { fill: none; stroke: var(--line); stroke-dasharray: 3 3; }
.card { fill: var(--card); stroke: var(--line); }
.heading { font-size: 11.5px; font-weight: 600; fill: var(--soft); }
.tier-heading { font-size: 12px; font-weight: 700; letter-spacing: .9px; fill: var(--soft); }
.title { font-size: 21px; font-weight: 700; }
.subtitle { font-size: 13px; fill: var(--soft); }
.name { font-size: 13px; font-weight: 600; }
.detail { font-size: 11.5px; fill: var(--soft); }
.count { font-size: 11px; font-weight: 700; fill: var(--card); }
.flow { fill: none; stroke-width: 1.5; opacity: .8; }
.copies { stroke-dasharray: 5 4; }
"""

COLOURS = {
    Tier.EDGE: "--edge",
    Tier.PUBLIC: "--public",
    Tier.COMPUTE: "--compute",
    Tier.DATA: "--data",
    Tier.EVENTS: "--events",
    Tier.OPERATIONS: "--operations",
}

LEGEND = {
    "--edge": "requests",
    "--data": "reads and writes of data",
    "--events": "events",
    "--operations": "replication",
}


def draw(architecture: Architecture) -> str:
    """The picture of an architecture, as the text of an SVG file."""
    layout = arrange(architecture)
    strip = _strip_rows(architecture.operations, layout.width - 2 * MARGIN)
    height = layout.height + (34 + 30 * len(strip) if strip else 0) + 34
    root = ET.Element(
        "svg",
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {layout.width:.0f} {height:.0f}",
        width=f"{layout.width:.0f}",
        height=f"{height:.0f}",
        role="img",
    )
    ET.SubElement(root, "title").text = f"The architecture of {architecture.title}"
    ET.SubElement(root, "style").text = STYLE
    _arrowheads(ET.SubElement(root, "defs"))
    _rectangle(root, Box(0, 0, layout.width, height), "page", radius=0)
    _text(root, (MARGIN, 34), architecture.title, "title")
    _text(root, (MARGIN, 53), architecture.subtitle, "subtitle")
    _frames(root, layout)
    colours = _flows(root, architecture, layout)
    for key, node in architecture.nodes.items():
        _card(root, node, layout.cards[key])
    _clients(root, layout.cards[CLIENTS])
    bottom = _strip(root, strip, Box(MARGIN, layout.height, layout.width - 2 * MARGIN, 0))
    _legend(root, colours, MARGIN, bottom + 18)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode") + "\n"


def _frames(root: ET.Element, layout: Layout) -> None:
    for region in layout.regions:
        _frame(root, region, "region")
    for tier in layout.tiers:
        _frame(root, Titled(tier.title.upper(), tier.box), "tier")
    for group in layout.groups.values():
        if group.several:
            _rectangle(root, group.box, "group", radius=10)
        _text(root, (group.box.x + 14, group.box.y + 17), group.title, "heading")


def _frame(root: ET.Element, frame: Titled, style: str) -> None:
    _rectangle(root, frame.box, style, radius=10)
    _text(root, (frame.box.x + 14, frame.box.y + 17), frame.title, "tier-heading")


def _flows(root: ET.Element, architecture: Architecture, layout: Layout) -> set[str]:
    """Draw the arrows; return the colours that they have."""
    colours = set()
    titles = {
        CLIENTS: "clients",
        **{key: f"{it.group}: {it.title}" for key, it in architecture.nodes.items()},
    }
    titles |= {key: f"all of {it.title}" for key, it in layout.groups.items()}
    for route in routes(layout, bundled(architecture)):
        colour = _colour(architecture, route.flow)
        colours.add(colour)
        path = ET.SubElement(
            root,
            "path",
            {
                "class": "flow copies" if route.flow.copies else "flow",
                "d": route.path,
                "style": f"stroke: var({colour})",
                "marker-end": f"url(#arrow{colour})",
            },
        )
        ET.SubElement(path, "title").text = f"{titles[route.flow.source]} → {titles[route.flow.target]}"
    return colours


def _colour(architecture: Architecture, flow: Flow) -> str:
    """By what flows: events, data, or requests on their way in."""
    if flow.copies:
        return "--operations"
    ends = {end.partition("/")[2].partition("/")[0] for end in (flow.source, flow.target)}  # of groups
    ends |= {
        architecture.nodes[end].tier.value for end in (flow.source, flow.target) if end in architecture.nodes
    }
    if Tier.EVENTS in ends:
        return "--events"
    return "--data" if Tier.DATA in ends and Tier.EDGE not in ends else "--edge"


def _card(root: ET.Element, node: Node, box: Box) -> None:
    colour = COLOURS[node.tier]
    group = ET.SubElement(root, "g")
    ET.SubElement(group, "title").text = f"{node.title}: {', '.join(node.details)}"
    if node.count > 1:
        _rectangle(group, Box(box.x + 4, box.y + 4, box.width, box.height), "card", radius=8)
    _rectangle(group, box, "card", radius=8)
    bar = _rectangle(group, Box(box.x, box.y + 8, 3.5, box.height - 16), "", radius=1.7)
    bar.set("style", f"fill: var({colour})")
    room = ROOM - (18 if node.protected else 0)
    _text(group, (box.x + 14, box.y + 21), shortened(node.title, room, NAME), "name")
    for number, line in enumerate(wrapped(node.details, ROOM)):
        _text(group, (box.x + 14, box.y + 21 + LINE * (number + 1)), line, "detail")
    if node.count > 1:
        _badge(group, box, f"×{node.count}", colour)
    if node.protected:
        _lock(group, box.right - 22, box.y + 9, colour)


def _badge(group: ET.Element, card: Box, label: str, colour: str) -> None:
    """How many there are, on the upper edge of a card."""
    width = 12.0 + 7 * len(label)
    box = Box(card.right - width - 30, card.y - 9, width, 17)
    _rectangle(group, box, "", radius=8.5).set("style", f"fill: var({colour})")
    _text(group, (box.x + width / 2, box.y + 12.5), label, "count", anchor="middle")


def _lock(group: ET.Element, x: float, y: float, colour: str) -> None:
    """A padlock: a destroy refuses to delete it."""
    ET.SubElement(
        group,
        "path",
        {
            "d": f"M{x + 2:.1f} {y + 6:.1f}v-2a3.2 3.2 0 0 1 6.4 0v2",
            "style": f"fill: none; stroke: var({colour}); stroke-width: 1.5",
        },
    )
    body = _rectangle(group, Box(x, y + 6, 10.4, 8), "", radius=2)
    body.set("style", f"fill: var({colour})")


def _clients(root: ET.Element, box: Box) -> None:
    _rectangle(root, box, "card", radius=23)
    _text(root, (box.x + box.width / 2, box.middle + 4.5), "Clients", "name", anchor="middle")


def _strip_rows(chips: Sequence[str], width: float) -> list[list[tuple[str, float]]]:
    """The counted things in rows of at most `width`, each with its own width."""
    rows: list[list[tuple[str, float]]] = []
    used = width
    for chip in chips:
        own = text_width(chip, DETAIL) + 26
        if used + own > width - 28:
            rows.append([])
            used = 0
        rows[-1].append((chip, own))
        used += own + 8
    return rows


def _strip(root: ET.Element, rows: Sequence[Sequence[tuple[str, float]]], at: Box) -> float:
    """Draw the strip of operations; return where it ends."""
    if not rows:
        return at.y
    height = 34 + 30 * len(rows)
    _frame(root, Titled("OPERATIONS", Box(at.x, at.y, at.width, height)), "tier")
    for number, row in enumerate(rows):
        x, y = at.x + 14, at.y + 28 + 30 * number
        for label, width in row:
            _rectangle(root, Box(x, y, width, 23), "card", radius=11.5)
            _text(root, (x + width / 2, y + 15.5), label, "detail", anchor="middle")
            x += width + 8
    return at.y + height


def _legend(root: ET.Element, colours: Collection[str], x: float, y: float) -> None:
    for colour, label in LEGEND.items():
        if colour not in colours:
            continue
        line = {
            "d": f"M{x:.1f} {y:.1f}h26",
            "style": f"stroke: var({colour})",
            "marker-end": f"url(#arrow{colour})",
        }
        ET.SubElement(root, "path", {"class": "flow copies" if label == "replication" else "flow", **line})
        _text(root, (x + 40, y + 4), label, "detail")
        x += 60 + text_width(label, DETAIL)


def _arrowheads(defs: ET.Element) -> None:
    for colour in LEGEND:
        marker = ET.SubElement(
            defs,
            "marker",
            id=f"arrow{colour}",
            viewBox="0 0 8 8",
            refX="1",
            refY="4",
            markerWidth="5.5",
            markerHeight="5.5",
            orient="auto",
        )
        ET.SubElement(marker, "path", d="M0 0L8 4L0 8z", style=f"fill: var({colour})")


def _rectangle(parent: ET.Element, box: Box, style: str, *, radius: float) -> ET.Element:
    size = {"x": box.x, "y": box.y, "width": box.width, "height": box.height, "rx": radius}
    attributes = {key: f"{value:.1f}" for key, value in size.items()}
    return ET.SubElement(parent, "rect", {**({"class": style} if style else {}), **attributes})


def _text(parent: ET.Element, at: tuple[float, float], text: str, style: str, anchor: str = "start") -> None:
    attributes = {"class": style, "x": f"{at[0]:.1f}", "y": f"{at[1]:.1f}", "text-anchor": anchor}
    ET.SubElement(parent, "text", attributes).text = text
