"""Slots: where keys and ids say they are, and which shard they are placed on."""

from collections import Counter
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.platform.identifiers import uuid7
from app.platform.slots import SLOTS, placed, slot_of_id, slot_of_key


@given(st.integers(0, SLOTS - 1))
def test_an_id_bears_its_slot_and_stays_a_version_7_uuid(slot: int) -> None:
    identifier = uuid7(slot)

    assert slot_of_id(identifier) == slot
    assert (identifier.version, identifier.variant) == (7, uuid4().variant)


def test_ids_of_one_slot_and_moment_differ() -> None:
    assert len({uuid7(7) for _ in range(1_000)}) == 1_000


@given(st.uuids())
def test_whatever_id_a_client_sends_has_a_slot(identifier: UUID) -> None:
    assert 0 <= slot_of_id(identifier) < SLOTS


@given(st.text())
def test_a_key_has_one_slot(key: str) -> None:
    assert slot_of_key(key) == slot_of_key(key)
    assert 0 <= slot_of_key(key) < SLOTS


def test_slots_are_those_that_rows_were_written_with() -> None:
    """These must never change: rows, ids and shards in the field agree on them."""
    assert [slot_of_key(key) for key in ("", "ada@example.com", "grace@example.com")] == [692, 3047, 2688]
    assert placed(range(1, 5))[:8] == [2, 3, 2, 2, 1, 2, 2, 1]


@pytest.mark.parametrize("count", range(1, 17))
def test_shards_have_about_as_many_slots_each(count: int) -> None:
    found = Counter(placed(range(1, count + 1)))

    assert set(found) == set(range(1, count + 1))
    assert max(found.values()) < 1.25 * SLOTS / count


@pytest.mark.parametrize("count", range(1, 16))
def test_another_shard_takes_its_share_of_slots_and_the_others_keep_theirs(count: int) -> None:
    before, after = placed(range(1, count + 1)), placed(range(1, count + 2))

    moved = [there for here, there in zip(before, after, strict=True) if here != there]

    assert set(moved) == {count + 1}
    assert len(moved) / SLOTS < 1.15 / (count + 1)


def test_the_fifth_of_five_shards_takes_22_percent_at_most() -> None:
    before, after = placed(range(1, 5)), placed(range(1, 6))

    assert sum(here != there for here, there in zip(before, after, strict=True)) / SLOTS <= 0.22


def test_a_shard_of_twice_the_weight_has_twice_the_slots() -> None:
    found = Counter(placed([1, 2], {2: 2}))

    assert found[2] / found[1] == pytest.approx(2, rel=0.15)
