"""The four ways to say which shard has a key, behind one interface.

- by range: neighbours are together, so that a range of keys asks one shard; the newest range may be hot.
- by hash: load is even, whatever the keys are; a range of keys asks every shard.
- by entity: what belongs together (a region, a tenant) is told by the key itself; law may demand it.
- by directory: each key is written down, and can be moved alone; one more thing to ask, so it is cached.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from app.platform.slots import slot_of_key


class Strategy(Protocol):
    """Says where a key is."""

    def shard_of(self, key: str) -> int:
        """Return the number of the shard that has the key.

        Raises:
            LookupError: no shard is said to have it.
        """


class RangeStrategy:
    """Shards by ranges of keys, as strings compare. Each range begins with its lower bound."""

    def __init__(self, shards: Mapping[str, int]) -> None:
        """Take the shard of each range by its lower bound; "" is the lowest.

        Raises:
            ValueError: no range begins with "", so that some keys would be in none.
        """
        if "" not in shards:
            raise ValueError('the lowest range must begin with ""')
        self._bounds = sorted(shards)
        self._shards = [shards[bound] for bound in self._bounds]

    def shard_of(self, key: str) -> int:
        return self._shards[bisect_right(self._bounds, key) - 1]


class HashStrategy:
    """Shards by the key's slot; `owners` has the shard of each slot, as `slots.placed` returns them."""

    def __init__(self, owners: Sequence[int]) -> None:
        self._owners = owners

    def shard_of(self, key: str) -> int:
        return self._owners[slot_of_key(key)]


class EntityStrategy:
    """Shards by what a key belongs to, such as the region before the colon in `eu:4711`."""

    def __init__(self, entity_of: Callable[[str], str], shards: Mapping[str, int]) -> None:
        self._entity_of = entity_of
        self._shards = shards

    def shard_of(self, key: str) -> int:
        return self._shards[self._entity_of(key)]


class DirectoryStrategy:
    """Shards by what is written down for a key; of the others another strategy knows.

    So large customers are placed by hand, and the directory stays as small as there are such customers.
    """

    def __init__(self, entries: Mapping[str, int], otherwise: Strategy) -> None:
        self._entries = entries
        self._otherwise = otherwise

    def shard_of(self, key: str) -> int:
        found = self._entries.get(key)
        return self._otherwise.shard_of(key) if found is None else found
