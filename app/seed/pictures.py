"""Draws the products: small SVG pictures, one way of drawing a category.

All stand on the same ground under the same light; a picture follows from its product alone.
"""

from collections.abc import Callable
from random import Random

from app.seed.assortment import SeedProduct, Style
from app.seed.drawing import GROUND, SIZE, Profile, box, circle, mix, path, shadow, turned
from app.seed.prints import COMPOSITIONS

Colours = tuple[str, str, str, str, str]

CLAY: dict[str, Profile] = {
    "vase": [(26, 228), (20, 204), (40, 166), (76, 106), (66, 34), (44, 0)],
    "bowl": [(130, 124), (116, 74), (76, 26), (42, 0)],
    "cup": [(70, 156), (73, 104), (62, 38), (46, 0)],
    "jug": [(50, 214), (42, 180), (74, 122), (82, 58), (54, 0)],
}
GLASS: dict[str, Profile] = {
    "carafe": [(26, 226), (20, 180), (36, 132), (80, 68), (76, 10), (62, 0)],
    "tumbler": [(70, 164), (64, 84), (57, 5), (52, 0)],
    "wine": [(52, 242), (66, 188), (46, 136), (7, 112), (6, 28), (56, 6), (56, 0)],
    "bottle": [(16, 240), (15, 174), (54, 130), (56, 10), (50, 0)],
    "dish": [(128, 104), (108, 58), (40, 30), (16, 18), (56, 0)],
}


def picture(product: SeedProduct) -> str:
    """Return the product's picture as an SVG document."""
    chance = Random(product.sku)  # noqa: S311 - it shall be the same every time
    drawing = DRAWINGS[product.category](product.kind.shape, product.style, chance)
    background = mix(product.style.colour, "#ece4d6", 0.8)
    floor = mix(product.style.colour, "#ddd2c0", 0.68)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}">'
        '<defs><radialGradient id="l" cx=".35" cy=".25" r=".9"><stop stop-color="#fff" stop-opacity=".6"/>'
        '<stop offset="1" stop-color="#fff" stop-opacity="0"/></radialGradient>'
        '<linearGradient id="s"><stop stop-color="#fff" stop-opacity=".3"/>'
        '<stop offset=".35" stop-color="#fff" stop-opacity="0"/>'
        '<stop offset="1" stop-color="#000" stop-opacity=".28"/></linearGradient></defs>'
        f'<path fill="{background}" d="M0 0h400v400H0z"/><path fill="{floor}" d="M0 290h400v110H0z"/>'
        f'<path fill="url(#l)" d="M0 0h400v400H0z"/>{drawing}</svg>'
    )


def ceramics(shape: str, style: Style, chance: Random) -> str:
    """A turned body with a band of glaze and the clay's speckles."""
    if shape == "plate":
        return plate(style)
    outline = turned(CLAY[shape])
    top = GROUND - CLAY[shape][0][1]
    waves = "".join(f"q20 {chance.randint(14, 60)} 40 0" for _ in range(8))
    speckles = "".join(
        circle(chance.randint(100, 300), chance.randint(top, GROUND), chance.uniform(0.8, 2.4), style.accent)
        for _ in range(26)
    )
    glaze = (
        f'<path fill="{style.accent}" opacity=".75" d="M40 {top - 20}h320v{chance.randint(46, 74)}h-320z"/>'
    )
    drips = f'<path fill="{style.accent}" opacity=".75" d="M40 {top + 40}{waves}z"/>'
    handle = path("M270 172c84-16 84 98 8 92", stroke=style.colour, width=18) if shape == "jug" else ""
    return (
        f'{shadow(100)}{handle}<clipPath id="c"><path d="{outline}"/></clipPath><g clip-path="url(#c)">'
        f"{path(outline, style.colour)}{glaze}{drips}{speckles}{path(outline, 'url(#s)')}</g>"
    )


def plate(style: Style) -> str:
    """A plate that stands upright, to be seen."""
    rings = (
        (126, style.colour),
        (112, style.accent),
        (104, style.colour),
        (72, mix(style.colour, "#ffffff", 0.16)),
    )
    discs = "".join(circle(200, 194, radius, colour) for radius, colour in rings)
    return f"{shadow(92)}{discs}{circle(200, 194, 126, 'url(#s)')}"


def lighting(shape: str, style: Style, _chance: Random) -> str:
    """A lamp, and the light that it gives."""
    dark = mix(style.colour, "#1d1b20", 0.55)
    glow = (
        f'<radialGradient id="g"><stop stop-color="{style.accent}"/>'
        f'<stop offset="1" stop-color="{style.accent}" stop-opacity="0"/></radialGradient>'
    )
    stem, shade, light = {
        "table": ("M200 190V306M150 312h100", "M150 110h100l36 90H114z", (200, 205)),
        "pendant": ("M200 0V110", "M200 104c70 0 104 50 104 96H96c0-46 34-96 104-96z", (200, 205)),
        "floor": ("M200 130V314M160 316h80", "M164 60h72l26 74H138z", (200, 136)),
        "lantern": ("M150 150v140M250 150v140M142 300h116", "M136 140h128l-30-44h-68z", (200, 222)),
        "globe": ("M200 0v120", "M200 116a74 74 0 1 0 .1 0z", (200, 190)),
    }[shape]
    halo = f'<circle cx="{light[0]}" cy="{light[1]}" r="150" fill="url(#g)"/>'
    flame = circle(200, 236, 16, style.accent) + circle(200, 240, 8, "#fff") if shape == "lantern" else ""
    stands = "" if shape in {"pendant", "globe"} else shadow(64)
    body = path(shade, style.colour) + path(shade, "url(#s)")
    return f"{glow}{stands}{path(stem, stroke=dark, width=9)}{halo}{body}{flame}"


def textiles(shape: str, style: Style, chance: Random) -> str:
    """Cloth whose warp and weft cross, so that the colours do as well."""
    outline, angle = {
        "throw": ("M84 96h232v212l-20 10-20-10-20 10-20-10-20 10-20-10-20 10-20-10-20 10-20-10-32 10z", -3),
        "cushion": ("M92 116q108-22 216 0q20 96 0 196q-108 20-216 0q-20-100 0-196z", 4),
        "rug": ("M112 212h176l76 118H36z", 0),
        "towel": ("M128 76h144v240H128z", 2),
        "runner": ("M152 50h96v290h-96z", -12),
    }[shape]
    paler = mix(style.colour, style.accent, 0.5)
    stripes = []
    place = 40
    while place < 360:
        width = chance.choice((4, 6, 10, 18, 26))
        colour = chance.choice((style.accent, style.accent, paler, mix(style.colour, "#000000", 0.25)))
        stripes.append(f'<path fill="{colour}" opacity=".55" d="M{place} 0h{width}v400h-{width}z"/>')
        if shape in {"throw", "cushion"}:
            stripes.append(f'<path fill="{colour}" opacity=".45" d="M0 {place}h400v{width}H0z"/>')
        place += width + chance.choice((6, 12, 20, 34))
    weave = (
        '<pattern id="w" width="4" height="4" patternUnits="userSpaceOnUse">'
        '<path stroke="#000" stroke-opacity=".13" d="M0 4L4 0"/></pattern>'
    )
    return (
        f'{weave}{"" if shape == "rug" else shadow(120)}<clipPath id="c"><path d="{outline}"/></clipPath>'
        f'<g transform="rotate({angle} 200 200)"><g clip-path="url(#c)">{path(outline, style.colour)}'
        f"{''.join(stripes)}{path(outline, 'url(#w)')}{path(outline, 'url(#s)')}</g></g>"
    )


def plants(shape: str, style: Style, chance: Random) -> str:
    """Leaves that grow out of a pot, each turned a little from the one before."""
    count, length, width, spread = {
        "monstera": (9, 140, 74, 190),
        "fern": (22, 150, 22, 230),
        "rubber": (12, 120, 46, 150),
        "palm": (15, 185, 26, 200),
        "snake": (9, 190, 30, 56),
    }[shape]
    leaves = []
    for number in sorted(range(count), key=lambda place: -abs(place - count / 2)):
        turn = (number / (count - 1) - 0.5) * spread + chance.uniform(-7, 7)
        long = length * chance.uniform(0.78, 1.05) * (1 - abs(turn) / 420)
        colour = mix(style.accent, chance.choice(("#0f2a1a", "#d7e8a0")), chance.uniform(0.05, 0.34))
        bend = width * chance.uniform(0.85, 1.15)
        leaf = f"M0 0C{-bend:.0f} {-long * 0.35:.0f} {-bend * 0.7:.0f} {-long * 0.8:.0f} 0 {-long:.0f}"
        leaf += f"C{bend * 0.7:.0f} {-long * 0.8:.0f} {bend:.0f} {-long * 0.35:.0f} 0 0z"
        vein = f'<path d="M0 0V{-long * 0.86:.0f}" stroke="#fff" stroke-opacity=".3" stroke-width="2"/>'
        leaves.append(f'<g transform="translate(200 236) rotate({turn:.0f})">{path(leaf, colour)}{vein}</g>')
    pot = "M146 228h108l-14 90h-80z"
    rim = "M140 214h120v20H140z"
    body = path(pot, style.colour) + path(rim, mix(style.colour, "#ffffff", 0.12))
    return f"{shadow(70)}{''.join(leaves)}{body}{path(pot, 'url(#s)')}{path(rim, 'url(#s)')}"


def prints(shape: str, style: Style, chance: Random) -> str:
    """A sheet in a frame that leans against the wall."""
    paper = "#17162b" if style.name == "Night" else "#f8f3e8"
    return (
        f"{shadow(120)}{box(88, 48, 224, 270, '#2b2724')}{box(96, 56, 208, 254, paper)}"
        '<clipPath id="c"><path d="M116 76h168v214H116z"/></clipPath>'
        f'<g clip-path="url(#c)" fill="none">{COMPOSITIONS[shape](style, chance)}</g>'
        '<path fill="#fff" opacity=".1" d="M96 56h120L96 260z"/>'
    )


def stationery(shape: str, style: Style, _chance: Random) -> str:
    """Paper things, lying on the table."""
    dark = mix(style.colour, "#000000", 0.3)
    if shape == "pencils":
        pencils = "".join(
            box(130 + 24 * place, 92, 20, 130, mix(style.colour, style.accent, place / 5))
            + path(f"M{130 + 24 * place} 92l10-30 10 30z", "#e8cfa8")
            + path(f"M{136 + 24 * place} 74l4-12 4 12z", dark)
            for place in range(6)
        )
        return f"{pencils}{box(118, 190, 164, 128, style.colour, 4)}{box(118, 190, 164, 128, 'url(#s)', 4)}"
    if shape == "cards":
        envelope = (
            f"{box(96, 150, 200, 136, style.accent, 3)}{path('M96 150l100 74 100-74', stroke=dark, width=2)}"
        )
        card = f"{box(132, 96, 150, 190, style.colour, 3)}{circle(207, 191, 40, style.accent)}"
        return f'<g transform="rotate(-8 200 200)">{envelope}</g><g transform="rotate(7 200 200)">{card}</g>'
    return book(shape, style, dark)


def book(shape: str, style: Style, dark: str) -> str:
    """A cover over its pages, with what shows its use."""
    wide, high = {"notebook": (170, 240), "sketchbook": (260, 180), "planner": (190, 226)}[shape]
    x, y = (SIZE - wide) / 2, 200 - high / 2
    pages = "".join(box(x + 6 + step, y + 6 + step, wide, high, "#f7f2e6", 6) for step in (6, 3, 0))
    cover = box(x, y, wide, high, style.colour, 8) + box(x, y, wide, high, "url(#s)", 8)
    if shape == "planner":
        rings = "".join(box(x - 8, y + 24 + 30 * ring, 22, 8, dark, 4) for ring in range(6))
        week = "".join(box(x + 40, y + 40 + 26 * day, wide - 70, 3, style.accent) for day in range(7))
        detail = rings + week
    else:
        detail = box(x + wide - 30, y, 8, high, style.accent) + box(
            x + 30, y + 46, wide - 96, 44, style.accent, 3
        )
    under = box(x + 16, y + 18, wide, high, "#00000022", 8)
    return f'<g transform="rotate(-5 200 200)">{under}{pages}{cover}{detail}</g>'


def glassware(shape: str, style: Style, chance: Random) -> str:
    """A blown body, what is in it, and the light in its wall."""
    outline = turned(GLASS[shape])
    top = GROUND - GLASS[shape][0][1]
    level = {"carafe": 200, "tumbler": 214, "wine": 132, "bottle": 182, "dish": 262}[shape]
    bottom = 204 if shape == "wine" else GROUND
    drink = f'<path fill="{style.colour}" opacity=".55" d="M60 {level}h280V{bottom}H60z"/>'
    bubbles = "".join(
        circle(chance.randint(150, 250), chance.randint(level, bottom), chance.uniform(1.5, 4), style.accent)
        for _ in range(7)
    )
    wall = (
        f'<path fill="none" stroke="{style.colour}" stroke-width="5" stroke-linejoin="round" d="{outline}"/>'
    )
    shine = path(f"M184 {top + 14}q-14 70-6 {GROUND - top - 40}", stroke="#fff", width=6)
    stopper = circle(200, top - 12, 20, style.colour) if shape == "carafe" else ""
    return (
        f'{shadow(70)}<clipPath id="c"><path d="{outline}"/></clipPath>{stopper}'
        f'<path fill="{style.accent}" opacity=".45" d="{outline}"/>'
        f'<g clip-path="url(#c)">{drink}{bubbles}<g opacity=".7">{shine}</g></g><g opacity=".85">{wall}</g>'
    )


def toys(shape: str, style: Style, _chance: Random) -> str:
    """Painted blocks."""
    middle = mix(style.colour, style.accent, 0.5)
    colours = (
        style.colour,
        style.accent,
        middle,
        mix(style.colour, "#000000", 0.25),
        mix(style.accent, "#ffffff", 0.4),
    )
    return f"{shadow(120)}{TOYS[shape](colours)}"


def stacker(colours: Colours) -> str:
    """Rings on a rod."""
    rings = (
        box(200 - half, 286 - 34 * place, 2 * half, 32, colours[place % 5], 16)
        for place, half in enumerate((96, 84, 72, 60, 48, 36))
    )
    return box(195, 80, 10, 60, "#b98a54") + "".join(rings) + circle(200, 84, 18, colours[0])


def train(colours: Colours) -> str:
    """An engine and two wagons."""
    wagons = "".join(
        box(x, 236, 84, 56, colours[place + 1], 5) + box(x - 12, 270, 14, 6, "#6b4a2b")
        for place, x in enumerate((152, 250))
    )
    engine = (
        box(48, 222, 92, 70, colours[0], 6)
        + box(48, 172, 44, 56, colours[3], 6)
        + box(112, 190, 16, 36, colours[1])
    )
    wheels = "".join(
        circle(x, 296, 20, colours[3]) + circle(x, 296, 7, "#f5ead8") for x in (74, 118, 174, 216, 272, 314)
    )
    return box(40, 164, 60, 12, colours[2], 4) + wagons + engine + wheels


def arches(colours: Colours) -> str:
    """A rainbow of nested arches."""
    rainbow = (
        path(
            f"M{200 - radius} {GROUND - 12}v-40a{radius} {radius} 0 0 1 {2 * radius} 0v40",
            stroke=colour,
            width=24,
        )
        for radius, colour in zip((130, 102, 74, 46, 18), colours, strict=True)
    )
    return f'<g style="stroke-linecap:butt">{"".join(rainbow)}</g>'


def house(colours: Colours) -> str:
    """Blocks, and a roof that lies on them."""
    walls = "".join(
        box(112 + 60 * column, 198 + 60 * row, 58, 58, colours[(2 * row + column) % 5], 4)
        for row in range(2)
        for column in range(3)
    )
    window = box(190, 216, 20, 24, "#fff6df", 2)
    return walls + window + path("M96 194L200 98l104 96z", colours[0]) + box(250, 110, 24, 50, colours[3], 3)


def boat(colours: Colours) -> str:
    """A hull with two sails."""
    hull = path("M84 246h232q-14 70-70 72h-92q-56-2-70-72z", colours[0])
    sails = path("M206 92q80 60 92 140h-92z", colours[1]) + path("M190 120q-60 50-70 112h70z", colours[4])
    return box(194, 80, 8, 170, "#8a6238") + sails + hull + box(84, 246, 232, 14, colours[3])


TOYS: dict[str, Callable[[Colours], str]] = {
    "stacker": stacker,
    "train": train,
    "arches": arches,
    "house": house,
    "boat": boat,
}
DRAWINGS: dict[str, Callable[[str, Style, Random], str]] = {
    "Ceramics": ceramics,
    "Lighting": lighting,
    "Textiles": textiles,
    "Plants": plants,
    "Prints": prints,
    "Stationery": stationery,
    "Glassware": glassware,
    "Toys": toys,
}
