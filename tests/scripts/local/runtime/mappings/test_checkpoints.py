"""The checkpoint of a shard moves in the order of its records, and survives a restart."""

from pathlib import Path

from scripts.local.runtime.mappings.checkpoints import Checkpoints, Position, Progress


def test_the_checkpoint_waits_for_the_first_record_that_is_not_done() -> None:
    progress = Progress()
    for sequence in "1234":
        progress.begin(sequence)
    assert progress.done("2") is None
    assert progress.done("1") == "2"
    assert progress.done("4") is None
    assert len(progress) == 2
    assert progress.done("3") == "4"
    assert len(progress) == 0


def test_positions_are_read_back_by_the_next_process(tmp_path: Path) -> None:
    path = tmp_path / "mappings" / "1.json"
    first = Checkpoints(path)
    assert first.is_new
    first.set("shard-0", Position(after="17"))
    first.set("shard-1", Position(at=12.5))
    first.set("shard-2", Position(finished=True))

    second = Checkpoints(path)
    assert not second.is_new
    assert second.get("shard-0") == Position(after="17")
    assert second.get("shard-1") == Position(at=12.5)
    assert second.get("shard-2") == Position(finished=True)
    assert second.get("shard-3") is None


def test_a_position_asks_kinesis_for_what_comes_after_it() -> None:
    assert Position().iterator() == {"ShardIteratorType": "TRIM_HORIZON"}
    assert Position(at=12.5).iterator() == {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": 12.5}
    assert Position(after="17").iterator() == {
        "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
        "StartingSequenceNumber": "17",
    }
