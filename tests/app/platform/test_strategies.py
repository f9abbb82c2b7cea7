"""Strategies: one interface, four answers."""

from collections import Counter

import pytest

from app.platform.slots import placed
from app.platform.strategies import (
    DirectoryStrategy,
    EntityStrategy,
    HashStrategy,
    RangeStrategy,
    Strategy,
)

HASH = HashStrategy(placed([1, 2, 3]))


def region_of(key: str) -> str:
    return key.partition(":")[0]


@pytest.mark.parametrize(
    ("strategy", "key", "shard"),
    [
        (RangeStrategy({"": 1, "h": 2, "p": 3}), "ada", 1),
        (RangeStrategy({"": 1, "h": 2, "p": 3}), "h", 2),
        (RangeStrategy({"": 1, "h": 2, "p": 3}), "ozzy", 2),
        (RangeStrategy({"": 1, "h": 2, "p": 3}), "zoe", 3),
        (RangeStrategy({"": 1, "h": 2, "p": 3}), "", 1),
        (EntityStrategy(region_of, {"eu": 1, "us": 2}), "eu:4711", 1),
        (EntityStrategy(region_of, {"eu": 1, "us": 2}), "us:4711", 2),
        (DirectoryStrategy({"acme": 7}, HASH), "acme", 7),
        (DirectoryStrategy({"acme": 7}, HASH), "another", HASH.shard_of("another")),
    ],
)
def test_a_key_is_where_the_strategy_says(strategy: Strategy, key: str, shard: int) -> None:
    assert strategy.shard_of(key) == shard


def test_hashing_spreads_keys_that_are_neighbours() -> None:
    found = Counter(HASH.shard_of(f"customer-{number}") for number in range(9_000))

    assert set(found) == {1, 2, 3}
    assert max(found.values()) < 1.2 * 3_000


def test_an_entity_that_no_shard_has_is_an_error_and_not_a_guess() -> None:
    with pytest.raises(LookupError):
        EntityStrategy(region_of, {"eu": 1}).shard_of("mars:4711")


def test_ranges_that_leave_keys_out_are_refused() -> None:
    with pytest.raises(ValueError, match="the lowest range"):
        RangeStrategy({"h": 2})
