"""A release of the storefront: its files, where assets have names that their content decides.

An asset's content never changes under its name, so whoever has it may keep it for good. Its name is made of
what is published: an asset that refers to another one gets a new name when that one does. Pages keep theirs.
"""

import hashlib
import mimetypes
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts.errors import UserError

ASSETS = "assets/"
DIGEST = 12  # hexadecimal digits of a name: 48 bits, which no two of some dozen files share by chance
IMMUTABLE = "public, max-age=31536000, immutable"
SHORT_LIVED = "public, max-age=60"
TEXTS = (".html", ".css", ".js")
# "/assets/x" anywhere, and "./x" in a module: between quotes, or in CSS's url().
REFERENCE = re.compile(r"""(?<=["'(])(?P<path>/assets/[\w./-]+|\./[\w./-]+\.js)(?=["')])""")


class ReleaseError(UserError):
    """The storefront's files do not fit together."""


@dataclass(frozen=True)
class File:
    """What is published under a key."""

    body: bytes
    content_type: str
    cache_control: str

    @property
    def digest(self) -> str:
        """The SHA-256 of the body, in hexadecimal digits."""
        return hashlib.sha256(self.body).hexdigest()


def release(folder: Path) -> dict[str, File]:
    """Return the files below `folder` by their published keys: assets, then pages that refer to them.

    The same files give the same keys and bytes, wherever and whenever.

    Raises:
        ReleaseError: a file refers to an asset that is not there, or assets refer to each other in a circle.
    """
    sources = {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.*"))}
    naming = _Naming(sources)
    keys = {source: naming.key(source) for source in sources}
    ordered = sorted(sources, key=lambda source: (not source.startswith(ASSETS), source))
    return {keys[source]: _file(source, naming.body(source)) for source in ordered}


def _file(source: str, body: bytes) -> File:
    kept = IMMUTABLE if source.startswith(ASSETS) else SHORT_LIVED
    return File(body, mimetypes.guess_type(source)[0] or "application/octet-stream", kept)


class _Naming:
    """Finds each file's key and published body, those of what it refers to first."""

    def __init__(self, sources: Mapping[str, bytes]) -> None:
        self._sources = sources
        self._bodies: dict[str, bytes] = {}
        self._open: list[str] = []  # files whose references are being followed

    def key(self, source: str) -> str:
        if not source.startswith(ASSETS):
            return source
        stem, suffix = posixpath.splitext(source)
        digest = hashlib.sha256(self.body(source)).hexdigest()[:DIGEST]
        return f"{stem}.{digest}{suffix}"

    def body(self, source: str) -> bytes:
        if source not in self._bodies:
            if source in self._open:
                circle = " -> ".join([*self._open[self._open.index(source) :], source])
                raise ReleaseError(f"these refer to each other, so that none can be named first: {circle}")
            self._open.append(source)
            self._bodies[source] = self._referring_to_keys(source)
            self._open.pop()
        return self._bodies[source]

    def _referring_to_keys(self, source: str) -> bytes:
        content = self._sources[source]
        if not source.endswith(TEXTS):
            return content

        def renamed(found: re.Match[str]) -> str:
            path = found["path"]
            target = path[1:] if path.startswith("/") else posixpath.join(posixpath.dirname(source), path[2:])
            if target not in self._sources:
                raise ReleaseError(f"{source} refers to {path}, which is no file of the storefront")
            return f"/{self.key(target)}"

        return REFERENCE.sub(renamed, content.decode()).encode()
