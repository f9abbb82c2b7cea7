"""Slots: the fixed number of parts that sharded data is cut into; a slot is on one shard, whole.

A key hashes to a slot for good, and only where slots live changes: on a ring of shards, so that another
shard takes over few. Rows bear their slot, so that SQL can count, select and move what belongs to one. Why
slots and not the ring alone: docs/decisions/0008-slots-between-keys-and-shards.md.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from uuid import UUID

from app.platform.ring import Ring, stable_hash

SLOT_BITS = 12  # those of a version 7 UUID between version and variant, where an id bears its slot
SLOTS = 1 << SLOT_BITS


def slot_of_key(key: str) -> int:
    """Return the slot of a key, 0 to 4,095."""
    return stable_hash(key) % SLOTS


def slot_of_id(identifier: UUID) -> int:
    """Return the slot that an id bears; one that `uuid7` made without a slot bears a random one."""
    return identifier.int >> 64 & (SLOTS - 1)


def placed(shards: Iterable[int], weights: Mapping[int, int] = MappingProxyType({})) -> list[int]:
    """Return the shard of each slot as consistent hashing says, for shards by number and weight (1)."""
    ring = Ring({f"shard-{number}": weights.get(number, 1) for number in shards})
    return [int(ring.node_of(f"slot-{slot}").removeprefix("shard-")) for slot in range(SLOTS)]
