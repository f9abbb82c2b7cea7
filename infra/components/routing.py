"""Which rule of a listener comes first, and how many values it compares with. Nothing here calls AWS.

A listener tries its rules by their priority. Here a rule's priority follows from what it says and not from
the order in which rules are made: the more of a path a pattern names, the earlier it is tried, and a service
that comes or goes never renumbers the rules of another. (A renumbered rule would want the number that its
neighbour still has, which Elastic Load Balancing refuses.)
"""

import hashlib
import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

VALUES_PER_RULE = 5
"""Values that one rule may compare with, over all its conditions: an AWS quota that nobody can raise."""

PATTERN_LIMIT = 128
"""Characters of a path pattern at the most."""

LAST_PRIORITY = 50_000
"""The last priority that Elastic Load Balancing has."""

_BANDS = PATTERN_LIMIT + 2  # exact paths, then one for each length of what stands before the first wildcard
_WIDTH = (LAST_PRIORITY - 1) // (2 * _BANDS)


@dataclass(frozen=True, kw_only=True)
class PathRule:
    """Some of a service's patterns that are tried at once.

    Attributes:
        label: tells the service's rules apart, whichever others it has.
        patterns: of one specificity.
        band: where it is tried among all rules; lower is earlier.
    """

    label: str
    patterns: tuple[str, ...]
    band: int


def path_rules(patterns: Sequence[str], *, hosts: Sequence[str], reserved: int) -> Iterator[PathRule]:
    """The rules for a service's `patterns`, most specific first.

    Args:
        patterns: paths with `*` and `?`.
        hosts: names that the rules are held to; rules with a host are tried before those without.
        reserved: values that each rule compares with besides.

    Raises:
        ValueError: hosts and reserved values leave no room for a pattern.
    """
    room = VALUES_PER_RULE - reserved - len(hosts)
    if room < 1:
        raise ValueError(f"{len(hosts)} hosts; a rule has room for {VALUES_PER_RULE - reserved - 1}")
    for specificity in sorted({_specificity(pattern) for pattern in patterns}):
        alike = sorted(pattern for pattern in patterns if _specificity(pattern) == specificity)
        length = PATTERN_LIMIT + 1 - specificity
        label = f"prefix-{length}" if specificity else "exact"
        for start in range(0, len(alike), room):
            yield PathRule(
                label=f"{label}-{start // room + 1}",
                patterns=tuple(alike[start : start + room]),
                band=specificity if hosts else _BANDS + specificity,
            )


def priority(name: str, band: int, taken: Set[int]) -> int:
    """A free priority in `band` for the rule of that name: always the same, but for rare collisions."""
    first = band * _WIDTH + 1
    start = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) % _WIDTH
    candidates = (first + (start + step) % _WIDTH for step in range(_WIDTH))
    return next(number for number in candidates if number not in taken)


def _specificity(pattern: str) -> int:
    """0 for a path without wildcards; else lower, the more characters stand before the first one."""
    wild = re.search(r"[*?]", pattern)
    return PATTERN_LIMIT + 1 - wild.start() if wild else 0
