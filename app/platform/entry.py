"""What Redis keeps of a response: the body, and when to make a new one."""

import math
import random
import struct
import time
from dataclasses import dataclass

# Whether there is a body, when it expires (Unix seconds), and what it cost (seconds).
HEADER = struct.Struct("<?dd")
EAGERNESS = 1.0  # above 1, bodies are made anew earlier


@dataclass(frozen=True, slots=True)
class Entry:
    """A body, or the knowledge that there is nothing: `body` is None.

    `expires_at` is in Unix seconds, `cost` the seconds that it took to load.
    """

    body: bytes | None
    expires_at: float
    cost: float

    def encode(self) -> bytes:
        """Return the entry as Redis keeps it."""
        return HEADER.pack(self.body is not None, self.expires_at, self.cost) + (self.body or b"")

    @classmethod
    def decode(cls, kept: bytes) -> "Entry | None":
        """Return the entry; None where it is not one, so that it is loaded anew."""
        if len(kept) < HEADER.size:
            return None
        has_body, expires_at, cost = HEADER.unpack_from(kept)
        return cls(kept[HEADER.size :] if has_body else None, expires_at, cost)

    @property
    def is_due(self) -> bool:
        """Tell whether to load it anew by now: at random, the likelier the nearer its end and the dearer.

        So of all who read a popular key one begins before it expires, and nobody waits when it does. The
        formula is XFetch (Vattani, Chierichetti, Lowenstein: Optimal Probabilistic Cache Stampede Prevention,
        VLDB 2015).
        """
        head_start = -self.cost * EAGERNESS * math.log(1.0 - random.random())  # noqa: S311 - spreads load
        return time.time() + head_start >= self.expires_at
