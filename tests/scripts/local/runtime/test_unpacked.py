"""What was unpacked is found again, whole; what nobody uses any more goes."""

import os
import time
from pathlib import Path

import pytest

from scripts.local.runtime.unpacked import KEEP_SECONDS, Unpacked


def extract(folder: Path) -> None:
    (folder / "code.py").write_text("print()", encoding="utf-8")


def test_what_was_unpacked_is_found_by_its_checksum_in_the_next_run(tmp_path: Path) -> None:
    assert Unpacked(tmp_path / "cache").find("ab") is None

    added = Unpacked(tmp_path / "cache").add("ab", extract)

    assert Unpacked(tmp_path / "cache").find("ab") == added
    assert (added / "code.py").exists()


def test_what_breaks_half_way_is_not_found_and_is_unpacked_anew(tmp_path: Path) -> None:
    def extract_half(folder: Path) -> None:
        (folder / "half.py").touch()
        raise OSError("no space left on device")

    unpacked = Unpacked(tmp_path)
    with pytest.raises(OSError, match="no space"):
        unpacked.add("ab", extract_half)

    assert unpacked.find("ab") is None
    assert [path.name for path in unpacked.add("ab", extract).iterdir()] == ["code.py"]


def test_what_no_run_used_for_a_week_is_removed(tmp_path: Path) -> None:
    unpacked = Unpacked(tmp_path)
    old, used = unpacked.add("old", extract), unpacked.add("used", extract)
    long_ago = time.time() - KEEP_SECONDS - 60
    for folder in (old, used):
        os.utime(folder, (long_ago, long_ago))
    unpacked.find("used")

    unpacked.prune()

    assert not old.exists()
    assert used.exists()
