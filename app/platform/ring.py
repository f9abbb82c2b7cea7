"""Consistent hashing: which node has a key, so that another node takes over few keys.

Each node stands at many points of a ring of hashes ("virtual nodes"); a key belongs to the node of the next
point. A new node's points take keys from all others, and move no key between those. Karger et al.,
"Consistent Hashing and Random Trees", 1997.
"""

from bisect import bisect
from collections.abc import Mapping
from hashlib import blake2b
from itertools import chain

# A node's share strays by about 1/√points of itself: 3 % with 1,024.
POINTS = 1_024


def stable_hash(text: str) -> int:
    """Return 64 bits that are the same in every process and on every machine, as Python's `hash` is not."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())


class Ring:
    """A ring of nodes, which never changes: another set of nodes is another ring."""

    def __init__(self, weights: Mapping[str, int], points: int = POINTS) -> None:
        """Place nodes on the ring, with `points` points for each unit of a node's weight.

        Raises:
            ValueError: there is no node, or a weight or `points` is less than 1.
        """
        if not weights or points < 1 or min(weights.values()) < 1:
            raise ValueError("a ring needs a node, and a weight and points of at least 1")
        placed = sorted(chain.from_iterable(_placed(node, points * weights[node]) for node in weights))
        self._points = [point for point, _ in placed]
        self._nodes = [node for _, node in placed]

    def node_of(self, key: str) -> str:
        """Return the node that has the key."""
        place = bisect(self._points, stable_hash(key))
        return self._nodes[place % len(self._nodes)]  # past the last point comes the first


def _placed(node: str, count: int) -> list[tuple[int, str]]:
    return [(stable_hash(f"{node}-{number}"), node) for number in range(count)]
