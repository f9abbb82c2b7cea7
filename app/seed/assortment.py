"""The assortment: in each category five kinds of things in five styles.

A style names two colours, which the pictures use as the words of the description promise.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

CURRENCY = "EUR"


@dataclass(frozen=True)
class Kind:
    """What a thing is; `price` in whole euros for the plainest of its styles."""

    name: str
    shape: str
    price: int
    text: str


@dataclass(frozen=True)
class Style:
    """How a thing looks: its main colour, a second one, and what is said of it."""

    name: str
    colour: str
    accent: str
    text: str


@dataclass(frozen=True)
class Category:
    """Kinds and styles that go together; `pattern` makes a name of both."""

    name: str
    code: str
    kinds: tuple[Kind, ...]
    styles: tuple[Style, ...]
    pattern: str = "{style} {kind}"


@dataclass(frozen=True)
class SeedProduct:
    """A product to sell, and what its picture is drawn from."""

    sku: str
    name: str
    description: str
    category: str
    price_minor: int
    stock: int
    kind: Kind
    style: Style

    @property
    def image_path(self) -> str:
        """Where the site shows the picture."""
        return f"/media/products/{self.sku}.svg"


CATEGORIES = (
    Category(
        "Ceramics",
        "CER",
        (
            Kind("vase", "vase", 48, "Thrown in one piece, with a neck that holds a single branch upright."),
            Kind("bowl", "bowl", 32, "Wide enough for salad for four, and light enough to pass around."),
            Kind("cup", "cup", 18, "A cup without a handle, made to warm both hands."),
            Kind("jug", "jug", 42, "Pours without a drip; a litre and a little more."),
            Kind("plate", "plate", 26, "A dinner plate with a raised rim, each a little different."),
        ),
        (
            Style("Celadon", "#8fb8a2", "#d9e8dc", "Under a celadon glaze that pools in the grooves."),
            Style("Oxblood", "#8e3b35", "#d98f73", "An oxblood glaze, fired hot and cooled slowly."),
            Style("Chalk", "#e6dfd1", "#b9a98f", "Matt chalk white over a speckled clay."),
            Style("Tenmoku", "#3d2f2a", "#a8672f", "Tenmoku: near black, breaking into rust at the edges."),
            Style("Cobalt", "#2f4f8f", "#9db7dd", "Brushed with cobalt before the last firing."),
        ),
    ),
    Category(
        "Lighting",
        "LIG",
        (
            Kind("table lamp", "table", 89, "For the end of a desk or the head of a bed."),
            Kind("pendant", "pendant", 119, "Hangs over a table on three metres of cloth cable."),
            Kind("floor lamp", "floor", 189, "Stands behind an armchair and reads along."),
            Kind("lantern", "lantern", 64, "Goes out into the garden and comes in again."),
            Kind("globe light", "globe", 99, "One round light, the same from every side."),
        ),
        (
            Style("Brass", "#c79a3d", "#fff0c4", "Solid brass that darkens with the years."),
            Style("Opal", "#e9e4dc", "#fffaf0", "Mouth-blown opal glass, without a visible bulb."),
            Style("Copper", "#b4663f", "#ffdcb8", "Spun copper, lacquered on the outside only."),
            Style("Moss", "#5d6f4a", "#f3f3c8", "Powder-coated in a green that disappears among plants."),
            Style("Smoke", "#5b5f6b", "#ffe7bd", "Smoked glass: it glows more than it shines."),
        ),
    ),
    Category(
        "Textiles",
        "TEX",
        (
            Kind("throw", "throw", 96, "Woven from wool that was spun for warmth, not for show."),
            Kind("cushion", "cushion", 38, "With a hidden zip and a filling that keeps its shape."),
            Kind("rug", "rug", 220, "Flat woven, the same on both sides, so it lasts twice as long."),
            Kind("tea towel", "towel", 14, "Half linen: it dries glass without a trace."),
            Kind("table runner", "runner", 44, "Two metres and a half, hemmed by hand."),
        ),
        (
            Style("Indigo", "#2e4372", "#c8d2e4", "Dyed with indigo, dip by dip."),
            Style("Madder", "#a6423a", "#efc9a9", "The red of madder root, softer with every wash."),
            Style("Heather", "#8a6f8e", "#e2d4de", "Heather and grey, as the hills have it in August."),
            Style("Flax", "#c9b487", "#f3ead2", "Undyed flax in its own colour."),
            Style("Fern", "#4f7350", "#d3e0bf", "Two greens, crossed so that a third appears."),
        ),
    ),
    Category(
        "Plants",
        "PLA",
        (
            Kind("monstera", "monstera", 34, "Puts out a new leaf a month, each with more holes."),
            Kind("fern", "fern", 18, "Likes a bathroom with a window."),
            Kind("rubber tree", "rubber", 29, "Asks for little and grows to the ceiling."),
            Kind("palm", "palm", 45, "A slow one, for a bright corner."),
            Kind("snake plant", "snake", 22, "Forgives a month without water."),
        ),
        (
            Style("terracotta", "#b9643f", "#3f7a4b", "In a terracotta pot that breathes."),
            Style("white", "#e8e4da", "#2f6b4f", "In a white glazed pot with a saucer."),
            Style("black", "#33363b", "#5b8f4e", "In a matt black pot."),
            Style("mustard", "#cf9f36", "#35694a", "In a mustard pot, for rooms that need some sun."),
            Style("blue", "#5f86ab", "#47804f", "In a pale blue pot."),
        ),
        "{kind} in {style}",
    ),
    Category(
        "Prints",
        "PRI",
        (
            Kind("tides", "tides", 55, "Lines that a plotter drew for eleven hours."),
            Kind("orbits", "orbits", 55, "Circles around a centre that is never drawn."),
            Kind("dunes", "dunes", 60, "Layers upon layers, from the near to the far."),
            Kind("tiles", "tiles", 50, "Four quarter circles, turned until they meet."),
            Kind("rays", "rays", 50, "One light, many directions."),
        ),
        (
            Style("Dawn", "#e58f6b", "#f7d9b8", "In the colours of half past five, on cotton paper."),
            Style("Harbour", "#2f5d73", "#a9cbd0", "Blue, grey and one warm window, on cotton paper."),
            Style("Orchard", "#6f8f3f", "#e8c35a", "Leaf green and apple yellow, on cotton paper."),
            Style("Night", "#27264a", "#8d86c9", "Two inks on black paper, and the paper does the rest."),
            Style("Brick", "#a4492f", "#e6b48c", "Warm reds, screen printed, on cotton paper."),
        ),
        "{style} {kind} print",
    ),
    Category(
        "Stationery",
        "STA",
        (
            Kind("notebook", "notebook", 16, "160 pages that lie flat; the paper takes a fountain pen."),
            Kind("sketchbook", "sketchbook", 24, "Heavy paper with a tooth, bound on the short side."),
            Kind("planner", "planner", 28, "A week a spread, without a year: begin when you like."),
            Kind("pencil set", "pencils", 19, "Six pencils from 4B to 2H in a box of card."),
            Kind("card set", "cards", 12, "Eight cards and eight envelopes for no occasion at all."),
        ),
        (
            Style("Midnight", "#25345c", "#e2b65b", "In midnight blue with a gold edge."),
            Style("Coral", "#e2725b", "#fff1e3", "In a coral that is found at once in any bag."),
            Style("Sage", "#93a98b", "#f2efe2", "In sage green linen."),
            Style("Kraft", "#c29a6b", "#5a4632", "In plain kraft, to be written upon."),
            Style("Plum", "#6d3b5e", "#e6b7c8", "In plum with a rose edge."),
        ),
    ),
    Category(
        "Glassware",
        "GLA",
        (
            Kind("carafe", "carafe", 39, "A litre, with a stopper that is a glass as well."),
            Kind("tumbler", "tumbler", 15, "Thick at the bottom, thin at the lip."),
            Kind("wine glass", "wine", 24, "Drawn from a single piece, with a stem like a reed."),
            Kind("bottle", "bottle", 36, "For oil, for vinegar, or for one long flower."),
            Kind("dish", "dish", 29, "For sweets, for keys, for what the day brings."),
        ),
        (
            Style("Clear", "#b9d3d8", "#f4fbfc", "Clear glass with a small bubble here and there."),
            Style("Amber", "#d08a2e", "#ffe3b0", "Amber: the afternoon, kept."),
            Style("Sea", "#3f8f8b", "#c9efe6", "The green of the sea over sand."),
            Style("Rose", "#cf7f8c", "#ffe4e6", "A rose so pale that it needs the light."),
            Style("Ink", "#33476b", "#b8c8ea", "Blue like ink in water."),
        ),
    ),
    Category(
        "Toys",
        "TOY",
        (
            Kind("stacker", "stacker", 27, "Seven pieces and more towers than there are children."),
            Kind("train", "train", 34, "An engine and two wagons, with magnets that agree."),
            Kind("arches", "arches", 39, "Five arches: a tunnel, a cradle, a rainbow."),
            Kind("house", "house", 42, "A house of blocks that is never finished."),
            Kind("boat", "boat", 23, "It floats, and it rights itself."),
        ),
        (
            Style("Maple", "#d9a765", "#8f5a2b", "In maple, oiled and left as it is."),
            Style(
                "Primary", "#d8453b", "#f2c230", "In red, yellow and blue, stained so that the grain shows."
            ),
            Style("Meadow", "#6a9c4d", "#f2d06b", "In the greens and yellows of a meadow."),
            Style("Ocean", "#2f7f9c", "#9fd6d2", "In five blues, from the shallow to the deep."),
            Style("Berry", "#a83a62", "#f0a6b4", "In berry colours, safe to be chewed on."),
        ),
    ),
)


def products() -> list[SeedProduct]:
    """Return the assortment, the categories in turn, so that every page of it is mixed."""
    by_category = [list(_of(category)) for category in CATEGORIES]
    return [product for row in zip(*by_category, strict=True) for product in row]


def _of(category: Category) -> Iterator[SeedProduct]:
    """Yield a category's products so that neither the kind nor the style of two neighbours is the same."""
    count = len(category.kinds)
    for number in range(count * count):
        kind = category.kinds[number % count]
        style = category.styles[(number + number // count) % count]
        sku = f"{category.code}-{number + 1:03}"
        name = category.pattern.format(kind=kind.name, style=style.name)
        yield SeedProduct(
            sku=sku,
            name=name[0].upper() + name[1:],
            description=f"{kind.text} {style.text}",
            category=category.name,
            price_minor=kind.price * 100 + _number(sku, "price") % 5 * 250 - 10,
            stock=_number(sku, "few") % 6 if number % 12 == 11 else 150 + _number(sku, "stock") % 600,
            kind=kind,
            style=style,
        )


def _number(*of: str) -> int:
    """Return a number that looks like chance and is always the same."""
    return int.from_bytes(hashlib.sha256("/".join(of).encode()).digest()[:4])
