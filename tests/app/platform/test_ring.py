"""The ring: the same as another implementation's, balanced, and calm when nodes come and go."""

import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from uhashring import HashRing  # type: ignore[import-untyped] # it has no annotations

from app.platform.ring import POINTS, Ring, stable_hash

KEYS = [f"customer-{number}" for number in range(20_000)]
nodes = st.dictionaries(st.text(min_size=1, max_size=8), st.integers(1, 4), min_size=1, max_size=8)
keys = st.lists(st.text(max_size=20), min_size=1, max_size=50)


@given(weights=nodes, keys=keys, points=st.integers(1, 40))
@settings(deadline=None)
def test_every_key_is_where_uhashring_puts_it(weights: dict[str, int], keys: list[str], points: int) -> None:
    ring = Ring(weights, points)
    oracle = HashRing(nodes=weights, vnodes=points, hash_fn=stable_hash)

    assert [ring.node_of(key) for key in keys] == [oracle.get_node(key) for key in keys]


@given(weights=nodes, keys=keys, points=st.integers(1, 40), weight=st.integers(1, 4))
@settings(deadline=None)
def test_a_new_node_takes_keys_and_moves_none_between_the_others(
    weights: dict[str, int], keys: list[str], points: int, weight: int
) -> None:
    new = "the ninth node"
    before, after = Ring(weights, points), Ring(weights | {new: weight}, points)

    for key in keys:
        assert after.node_of(key) in {before.node_of(key), new}


@pytest.mark.parametrize("count", [1, 2, 4, 9, 16])
def test_a_new_node_takes_its_share_and_hardly_more(count: int) -> None:
    names = [f"shard-{number}" for number in range(1, count + 2)]
    before, after = Ring(dict.fromkeys(names[:-1], 1)), Ring(dict.fromkeys(names, 1))

    moved = sum(before.node_of(key) != after.node_of(key) for key in KEYS) / len(KEYS)

    assert moved == pytest.approx(1 / (count + 1), rel=0.15)


def test_keys_are_spread_by_weight() -> None:
    weights = {"small": 1, "medium": 2, "large": 5}
    ring = Ring(weights)

    found = Counter(ring.node_of(key) for key in KEYS)

    for node, weight in weights.items():
        assert found[node] / len(KEYS) == pytest.approx(weight / 8, rel=0.15)


def test_the_order_in_which_nodes_are_named_means_nothing() -> None:
    forwards, backwards = Ring({"a": 1, "b": 2, "c": 1}), Ring({"c": 1, "b": 2, "a": 1})

    assert all(forwards.node_of(key) == backwards.node_of(key) for key in KEYS[:1_000])


def test_another_process_finds_the_same_node() -> None:
    program = "from app.platform.ring import Ring; print(Ring({'a': 1, 'b': 1}).node_of('ada@example.com'))"
    said = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }

    assert said == {Ring({"a": 1, "b": 1}).node_of("ada@example.com")}


@pytest.mark.parametrize(("weights", "points"), [({}, POINTS), ({"a": 0}, POINTS), ({"a": 1}, 0)])
def test_a_ring_on_which_no_key_has_a_place_is_refused(weights: dict[str, int], points: int) -> None:
    with pytest.raises(ValueError, match="a ring needs a node"):
        Ring(weights, points)
