"""The first level of the cache: this process, for a second."""

import time
from hashlib import blake2b
from typing import Literal, NamedTuple

LIFETIME = 1.0  # seconds
ENTRIES = 2_048

Source = Literal["memory", "redis", "origin", "origin without redis"]


class Cached(NamedTuple):
    """A body, the level that it came from, and its ETag. Where there is nothing, the body is None."""

    body: bytes | None
    source: Source
    etag: bytes

    @classmethod
    def of(cls, body: bytes | None, source: Source) -> "Cached":
        """Return the body with its tag, the same wherever and whenever it is made."""
        return cls(body, source, b'"%s"' % blake2b(body or b"", digest_size=8).hexdigest().encode())


class Memory:
    """A bounded dictionary whose entries live for a second."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[float, Cached]] = {}

    def get(self, key: str) -> Cached | None:
        """Return what is kept unless it has expired."""
        entry = self._entries.get(key)
        return entry[1] if entry and entry[0] > time.monotonic() else None

    def put(self, key: str, cached: Cached) -> None:
        """Keep it, as something that memory answers with; what was kept first makes room."""
        self._entries.pop(key, None)
        if len(self._entries) >= ENTRIES:
            del self._entries[next(iter(self._entries))]
        self._entries[key] = (time.monotonic() + LIFETIME, cached._replace(source="memory"))

    def forget(self, key: str) -> None:
        """Drop what is kept, if anything is."""
        self._entries.pop(key, None)
