"""Strokes and shapes of SVG, as short as they can be written."""

from collections.abc import Sequence

SIZE = 400
GROUND = 318  # where things stand
MIDDLE = SIZE // 2

Profile = Sequence[tuple[int, int]]


def path(outline: str, fill: str = "none", *, stroke: str = "", width: float = 0) -> str:
    """Return a path, filled or stroked."""
    line = f' stroke="{stroke}" stroke-width="{width}" stroke-linecap="round"' if stroke else ""
    return f'<path fill="{fill}"{line} d="{outline}"/>'


def circle(x: float, y: float, radius: float, fill: str) -> str:
    """Return a disc."""
    return f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{radius:.1f}" fill="{fill}"/>'


def box(  # noqa: PLR0913, PLR0917 - what a rectangle is in SVG
    x: float, y: float, width: float, height: float, fill: str, round_by: int = 0
) -> str:
    """Return a rectangle."""
    corners = f' rx="{round_by}"' if round_by else ""
    return f'<rect x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{height:.0f}"{corners} fill="{fill}"/>'


def shadow(half_width: int) -> str:
    """Return what a thing so wide throws on the ground."""
    return f'<ellipse cx="{MIDDLE + 8}" cy="{GROUND + 2}" rx="{half_width}" ry="9" opacity=".16"/>'


def mix(one: str, other: str, share: float) -> str:
    """Return the colour `share` of the way from one to the other; colours are `#rrggbb`."""
    channels = (
        round(int(one[at : at + 2], 16) * (1 - share) + int(other[at : at + 2], 16) * share)
        for at in (1, 3, 5)
    )
    return "#" + "".join(f"{channel:02x}" for channel in channels)


def turned(profile: Profile) -> str:
    """Return the outline of a turned body from its profile: (radius, height) from the rim down to the foot.

    The curve runs through all points: a Catmull-Rom spline, written as Bézier curves.
    """
    right = [(MIDDLE + radius, GROUND - height) for radius, height in profile]
    left = [(MIDDLE - radius, GROUND - height) for radius, height in reversed(profile)]
    return f"M{right[0][0]} {right[0][1]}{_spline(right)}H{left[0][0]}{_spline(left)}z"


def _spline(points: Sequence[tuple[int, int]]) -> str:
    padded = [points[0], *points, points[-1]]
    curves = []
    for before, start, end, after in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        first = (start[0] + (end[0] - before[0]) / 6, start[1] + (end[1] - before[1]) / 6)
        second = (end[0] - (after[0] - start[0]) / 6, end[1] - (after[1] - start[1]) / 6)
        curves.append(f"C{first[0]:.0f} {first[1]:.0f} {second[0]:.0f} {second[1]:.0f} {end[0]} {end[1]}")
    return "".join(curves)
