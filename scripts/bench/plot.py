"""Figures as pictures: PNG for documents, SVG for pages."""

from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure as Picture

COLOURS = ("#1f4e79", "#7fb3d5", "#bcd9ea", "#dfeaf2")  # dark to light, told apart in grey too
LEAST = 3.0  # a part that is smaller has no room for its number


def stacked_bars(groups: Mapping[str, Mapping[str, float]], *, title: str, label: str) -> Picture:
    """Return bars, one a group, of parts on top of each other; parts of one name have one colour."""
    picture = Picture(figsize=(6.4, 3.6), dpi=150, layout="constrained")
    axes = picture.subplots()
    names = list(dict.fromkeys(name for parts in groups.values() for name in parts))
    below = dict.fromkeys(groups, 0.0)
    for name, colour in zip(names, COLOURS, strict=False):
        heights = [parts.get(name, 0.0) for parts in groups.values()]
        bars = axes.bar(list(groups), heights, 0.55, list(below.values()), label=name, color=colour)
        texts = [f"{height:.0f}" if height >= LEAST else "" for height in heights]
        axes.bar_label(bars, texts, label_type="center", color="white" if colour == COLOURS[0] else "black")
        below = {group: low + high for (group, low), high in zip(below.items(), heights, strict=True)}
    axes.set_title(title, loc="left")
    axes.set_ylabel(label)
    axes.spines[["top", "right"]].set_visible(False)
    picture.legend(loc="outside right upper", frameon=False)
    return picture


def save(picture: Picture, folder: Path, name: str) -> str:
    """Write the picture as PNG and as SVG, and return their path without what tells them apart."""
    folder.mkdir(parents=True, exist_ok=True)
    for suffix in ("png", "svg"):
        picture.savefig(folder / f"{name}.{suffix}", metadata={"Date": None} if suffix == "svg" else None)
    return str(folder / name)
