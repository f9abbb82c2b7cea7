"""The prints: five ways to fill a sheet."""

import math
from collections.abc import Callable
from random import Random

from app.seed.assortment import Style
from app.seed.drawing import circle, mix, path


def tides(style: Style, chance: Random) -> str:
    """Waves, one line after the other."""
    lines = []
    for y in range(70, 300, 11):
        height = 4 + 22 * math.sin(y / 38 + chance.random()) ** 2
        colour = mix(style.colour, style.accent, (y - 70) / 260)
        lines.append(path(f"M100 {y}q26 {-height:.0f} 52 0t52 0t52 0t52 0", stroke=colour, width=4))
    return "".join(lines)


def orbits(style: Style, chance: Random) -> str:
    """Rings with a body on each."""
    parts = []
    for radius in range(14, 130, 16):
        turn = chance.uniform(0, math.tau)
        colour = mix(style.colour, style.accent, radius / 170)
        parts.append(f'<circle cx="200" cy="180" r="{radius}" stroke="{colour}" stroke-width="2"/>')
        body = (200 + radius * math.cos(turn), 180 + radius * math.sin(turn))
        parts.append(circle(*body, chance.choice((4, 6, 9)), colour))
    return "".join(parts)


def dunes(style: Style, chance: Random) -> str:
    """Layers from the far to the near, under a sun."""
    parts = [circle(chance.randint(150, 250), chance.randint(110, 140), 26, style.accent)]
    for number in range(6):
        y = 140 + number * 27
        crest = (
            f"M100 {y + chance.randint(-14, 14)}q50 {chance.randint(-40, -8)} 100 {chance.randint(-6, 12)}"
        )
        crest += f"t100 {chance.randint(-10, 14)}V310H100z"
        parts.append(path(crest, mix(style.accent, style.colour, (number + 1) / 6)))
    return "".join(parts)


def tiles(style: Style, chance: Random) -> str:
    """Quarter circles, each turned by chance (after Sébastien Truchet, 1704)."""
    parts = [f'<path fill="{mix(style.accent, "#ffffff", 0.4)}" d="M116 76h168v214H116z"/>']
    for x in range(116, 284, 42):
        for y in range(76, 290, 42):
            turn = chance.randrange(4) * 90
            colour = chance.choice((style.colour, style.colour, mix(style.colour, style.accent, 0.5)))
            quarter = f'<path d="M0 0h42a42 42 0 0 1-42 42z" fill="{colour}"'
            parts.append(f'{quarter} transform="translate({x} {y}) rotate({turn} 21 21)"/>')
    return "".join(parts)


def rays(style: Style, chance: Random) -> str:
    """Beams from one point."""
    x, y = chance.randint(150, 250), chance.randint(120, 240)
    parts = []
    for number in range(0, 360, 12):
        near, far = math.radians(number), math.radians(number + chance.uniform(3, 10))
        points = (math.cos(near), math.sin(near), math.cos(far), math.sin(far))
        ends = " ".join(f"{230 * value:.0f}" for value in points[:2])
        rest = f"{230 * (points[2] - points[0]):.0f} {230 * (points[3] - points[1]):.0f}"
        colour = mix(style.colour, style.accent, chance.random())
        parts.append(path(f"M{x} {y}l{ends}l{rest}z", colour))
    return "".join(parts) + circle(x, y, 20, mix(style.accent, "#ffffff", 0.5))


COMPOSITIONS: dict[str, Callable[[Style, Random], str]] = {
    "tides": tides,
    "orbits": orbits,
    "dunes": dunes,
    "tiles": tiles,
    "rays": rays,
}
