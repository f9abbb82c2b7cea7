"""The scanners come exactly as they were chosen, from whatever index there is."""

import re
from pathlib import Path

import pytest

from scripts.scan.environment import LOCKS

PIN = re.compile(r"^(?P<name>[\w.-]+)==[^\s;]+(?P<rest>(?:.*\\\n)*.*)$", re.MULTILINE)
SOURCES = sorted(LOCKS.glob("*.in"))


@pytest.mark.parametrize("source", SOURCES, ids=lambda it: it.stem)
def test_a_lock_has_what_is_asked_for_by_hash_and_without_an_address(source: Path) -> None:
    lock = source.with_suffix(".txt").read_text()
    pins = {match["name"]: match["rest"] for match in PIN.finditer(lock)}
    asked = re.findall(r"^[\w.-]+", source.read_text(), re.MULTILINE)
    assert asked
    assert set(asked) <= pins.keys()
    assert all("--hash=sha256:" in rest for rest in pins.values())
    assert "://" not in lock


@pytest.mark.parametrize("source", SOURCES, ids=lambda it: it.stem)
def test_every_scanner_says_why_it_is_here(source: Path) -> None:
    lines = [line for line in source.read_text().splitlines() if not line.startswith("#")]
    assert lines
    assert all(" # " in line for line in lines)
