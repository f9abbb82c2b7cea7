"""Pictures in the sizes in which they are shown."""

import io
import warnings
from collections.abc import Iterator
from typing import NamedTuple

from PIL import Image, ImageOps, UnidentifiedImageError

from lambdas.media_renditions.errors import UnusableError

# The longest edge of each size, in pixels. A smaller picture is not made larger.
SIZES = {"small": 320, "medium": 960, "large": 1920}
FORMATS = ("JPEG", "PNG", "WEBP")
# Decoded, a pixel takes 4 bytes, and turning and scaling need copies: 50 megapixels fit into 1 GiB of memory.
MOST_PIXELS = 50_000_000
QUALITY = 80


class Rendition(NamedTuple):
    """A picture of a size, as WebP."""

    name: str
    body: bytes
    width: int
    height: int


def renditions(source: bytes) -> Iterator[Rendition]:
    """Yield the picture in each size, upright, with nothing in it but its pixels and their colour profile.

    Raises:
        UnusableError: it is no picture of a kind that is taken, or too large, or broken.
    """
    picture = _decoded(source)
    colours = picture.info.get("icc_profile")
    for name, edge in SIZES.items():
        scaled = picture.copy()
        scaled.thumbnail((edge, edge), Image.Resampling.LANCZOS)
        written = io.BytesIO()
        scaled.save(written, "WEBP", quality=QUALITY, method=4, exif=b"", xmp=b"", icc_profile=colours or b"")
        yield Rendition(f"{name}.webp", written.getvalue(), scaled.width, scaled.height)


def _decoded(source: bytes) -> Image.Image:
    """Return the picture's first frame; it is looked at before it is decoded."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is the lower one
            picture = Image.open(io.BytesIO(source), formats=FORMATS)
            _check_size(picture)
            upright = ImageOps.exif_transpose(picture)
            return upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except UnusableError:
        raise
    except Image.DecompressionBombError:
        raise UnusableError(_too_large()) from None
    except UnidentifiedImageError:
        raise UnusableError(f"it is no picture in one of the formats {', '.join(FORMATS)}") from None
    except (OSError, ValueError, SyntaxError, EOFError) as error:  # what its decoders raise
        raise UnusableError(f"it is broken: {error}") from error


def _check_size(picture: Image.Image) -> None:
    if picture.width * picture.height > MOST_PIXELS:
        raise UnusableError(f"it has {picture.width} × {picture.height} pixels: {_too_large()}")


def _too_large() -> str:
    return f"{MOST_PIXELS // 1_000_000} megapixels are allowed"
