"""The architecture of a stack as a picture: an SVG that needs nothing but a browser."""

from scripts.preview.graph.architecture import Architecture
from scripts.preview.graph.picture import draw

__all__ = ["Architecture", "draw"]
