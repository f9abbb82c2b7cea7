"""What a cart holds, so that versions which were changed apart from each other can be merged.

Each region writes its own version of a cart, and learns of the others' a moment later. Between them nobody
decides; so the versions themselves must say what to keep. Each putting in is an addition of its own, numbered
by the region that made it. A version knows which additions count, and up to which number of each region it
has seen any. Two versions are merged so:

- an addition that both have stays;
- one that only one has stays unless the other has seen it: then the other took it out.

So whatever was put in stays, whoever took out the same product elsewhere at the same time took out only what
he saw, and what was taken out does not come back. Additions of the same product add up. (It is an observed-
remove set with version vectors in the place of tombstones: Bieniusa et al., "An optimized conflict-free
replicated set", 2012.)
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Addition(NamedTuple):
    """One putting in: the `number`-th that `region` made in this cart."""

    region: str
    number: int


@dataclass(frozen=True)
class Cart:
    """One version of a cart.

    `lines` has the additions that count, by product, each with its quantity; `seen` the number of the newest
    addition of each region that this version has seen, whether it still counts or not.
    """

    lines: Mapping[int, Mapping[Addition, int]] = field(default_factory=dict)
    seen: Mapping[str, int] = field(default_factory=dict)

    @property
    def quantities(self) -> dict[int, int]:
        """How many of each product are in the cart."""
        return {product: sum(additions.values()) for product, additions in sorted(self.lines.items())}

    def put(self, region: str, product: int, quantity: int) -> "Cart":
        """Return the cart with more of a product, put in at this region."""
        addition = Addition(region, self.seen.get(region, 0) + 1)
        additions = {**self.lines.get(product, {}), addition: quantity}
        return Cart({**self.lines, product: additions}, {**self.seen, region: addition.number})

    def take_out(self, product: int) -> "Cart":
        """Return the cart without a product, as far as this version has it."""
        return Cart({other: lines for other, lines in self.lines.items() if other != product}, self.seen)

    def emptied(self) -> "Cart":
        """Return the cart without anything that this version has."""
        return Cart({}, self.seen)

    def merged(self, other: "Cart") -> "Cart":
        """Return what both versions come to, whichever is asked, in whatever order, and how often."""
        lines = {}
        for product in self.lines.keys() | other.lines.keys():
            additions = {
                addition: quantity
                for mine, theirs in ((self, other), (other, self))
                for addition, quantity in mine.lines.get(product, {}).items()
                if addition in theirs.lines.get(product, {}) or not theirs._has_seen(addition)
            }
            if additions:
                lines[product] = additions
        newest = {
            region: max(self.seen.get(region, 0), other.seen.get(region, 0))
            for region in self.seen.keys() | other.seen.keys()
        }
        return Cart(lines, newest)

    def _has_seen(self, addition: Addition) -> bool:
        return addition.number <= self.seen.get(addition.region, 0)
