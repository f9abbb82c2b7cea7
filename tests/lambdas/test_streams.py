"""What the consumers of streams work on in a batch, and what they answer."""

import random
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.streams import Batch, batch
from tests.lambdas import aws_events
from tests.lambdas.aws_events import sequence_number


@pytest.fixture(autouse=True)
def cold_start() -> Iterator[None]:
    """An execution environment that remembers nothing."""
    batch._done.clear()
    yield
    batch._done.clear()


def work(taken: Batch, *poison: bytes) -> list[bytes]:
    """Work on a batch; return what was worked on. What is poison fails."""
    done = []
    for record in taken:
        if record.data in poison:
            taken.fail(record)
        else:
            done.append(record.data)
    return done


def named(taken: Batch) -> list[object]:
    return [failure["itemIdentifier"] for failure in taken.answer()["batchItemFailures"]]


def test_without_failures_everything_is_done_in_order_and_nothing_comes_again() -> None:
    taken = Batch(aws_events.kinesis(b"1", b"2", b"3"))

    assert work(taken) == [b"1", b"2", b"3"]
    assert named(taken) == []


def test_a_failure_holds_back_its_own_key_and_no_other() -> None:
    event = aws_events.kinesis(b"a1", b"b1", b"a2", b"b2", b"c1", keys=["a", "b", "a", "b", "c"])
    taken = Batch(event)

    assert work(taken, b"b1") == [b"a1", b"a2", b"c1"]
    assert named(taken) == [sequence_number(1)], "Lambda goes on from there, whatever else is named"


def test_what_succeeded_behind_the_failure_is_not_done_again_when_it_comes_again() -> None:
    keys = ["a", "b", "a", "b", "c"]
    first = Batch(aws_events.kinesis(b"a1", b"b1", b"a2", b"b2", b"c1", keys=keys))
    work(first, b"b1")
    first.answer()

    again = Batch(
        aws_events.kinesis(b"b1", b"a2", b"b2", b"c1", b"a3", keys=["b", "a", "b", "c", "a"], first=1)
    )

    assert work(again) == [b"b1", b"b2", b"a3"]
    assert named(again) == []


def test_what_was_handed_over_with_success_is_done_again_if_somebody_asks_for_it() -> None:
    """A stream that is read from an earlier place on is read on purpose."""
    for _ in range(2):
        keys = ["a", "b"]
        failing = Batch(aws_events.kinesis(b"a1", b"b1", keys=keys))
        work(failing, b"a1")
        failing.answer()
        passing = Batch(aws_events.kinesis(b"a1", b"b1", keys=keys))
        assert work(passing) == [b"a1"]
        assert named(passing) == []
    assert work(Batch(aws_events.kinesis(b"a1", b"b1", keys=keys))) == [b"a1", b"b1"]


def test_an_invocation_that_died_counts_for_nothing() -> None:
    event = aws_events.kinesis(b"a1", b"b1", keys=["a", "b"])
    work(Batch(event), b"a1")  # and no answer

    assert work(Batch(event)) == [b"a1", b"b1"]


def test_for_want_of_time_the_rest_is_left_to_the_next_invocation() -> None:
    taken = Batch(aws_events.kinesis(b"a1", b"b1", b"c1", b"d1", keys=["a", "b", "c", "d"]))
    done = []
    for record in taken:
        if record.key == "b":
            taken.stop(record)
        else:
            done.append(record.data)

    assert done == [b"a1"]
    assert named(taken) == [sequence_number(1)]


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "REMEMBERED", 3)
    keys = [f"key-{number}" for number in range(10)]
    taken = Batch(aws_events.kinesis(*[key.encode() for key in keys], keys=keys))
    work(taken, b"key-0")
    taken.answer()

    again = Batch(aws_events.kinesis(*[key.encode() for key in keys], keys=keys))

    assert work(again) == [key.encode() for key in keys[:7]]


def test_of_kafka_each_partition_has_a_failure_of_its_own() -> None:
    event = aws_events.kafka(
        [("a", b"a1"), ("b", b"b1"), ("a", b"a2")],
        [("c", b"c1"), ("d", b"d1"), ("c", b"c2"), ("d", b"d2")],
        [("e", b"e1")],
    )
    taken = Batch(event)

    assert work(taken, b"a1", b"d1", b"d2") == [b"b1", b"c1", b"c2", b"e1"]
    assert named(taken) == [{"partition": "events-0", "offset": 15}, {"partition": "events-1", "offset": 16}]


def test_of_kafka_what_succeeded_behind_the_failure_is_not_done_again() -> None:
    first = Batch(aws_events.kafka([("a", b"a1"), ("b", b"b1")], [("c", b"c1")]))
    work(first, b"a1")
    first.answer()

    again = Batch(aws_events.kafka([("a", b"a1"), ("b", b"b1")]))

    assert work(again) == [b"a1"]


def test_records_of_kafka_without_a_key_keep_the_order_of_their_partition() -> None:
    taken = Batch(aws_events.kafka([(None, b"1"), (None, b"2")], [(None, b"3")]))

    assert work(taken, b"1") == [b"3"]
    assert named(taken) == [{"partition": "events-0", "offset": 15}]


def test_a_tombstone_of_kafka_has_no_data() -> None:
    event = aws_events.kafka([("a", b"")])
    del event["records"]["events-0"][0]["value"]

    assert work(Batch(event)) == [b""]


@given(
    records=st.lists(st.sampled_from("abc"), min_size=1, max_size=20),
    seed=st.randoms(use_true_random=True),
)
def test_however_often_records_fail_each_is_done_once_and_each_key_in_its_order(
    records: list[str], seed: random.Random
) -> None:
    """Delivered as Lambda does: from the checkpoint on, in batches of any size."""
    batch._done.clear()
    done: list[tuple[str, int]] = []
    checkpoint = 0
    while checkpoint < len(records):
        until = seed.randint(checkpoint + 1, len(records))
        keys = records[checkpoint:until]
        data = [str(number).encode() for number in range(checkpoint, until)]
        taken = Batch(aws_events.kinesis(*data, keys=keys, first=checkpoint))
        for record in taken:
            if seed.random() < 0.3:
                taken.fail(record)
            else:
                done.append((record.key, int(record.data)))
        failures = [int(str(failure)[-4:]) for failure in named(taken)]
        checkpoint = min(failures, default=until)

    assert sorted(number for _, number in done) == list(range(len(records)))
    for key in set(records):
        own = [number for other, number in done if other == key]
        assert own == sorted(own)
