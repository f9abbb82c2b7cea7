"""The CPU of an instance is that of its process and of all that this one started."""

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from scripts.local.runtime.control.cpu import FULL, CpuMeter

# A parent that sleeps, whose child works until it is told to end.
PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "while True: pass"])
print("started", flush=True)
sys.stdin.read()
child.kill(); child.wait()
print("reaped", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def parent() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", PARENT]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdin is not None
    process.stdout.readline()
    try:
        yield process
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()


def test_what_children_use_counts_also_once_they_have_ended(parent: subprocess.Popen[str]) -> None:
    meter = CpuMeter()
    assert meter.measure([parent.pid], now=100.0) == {}
    time.sleep(0.3)
    (working,) = meter.measure([parent.pid], now=100.5).values()
    assert 0 < working <= FULL
    assert parent.stdin is not None
    assert parent.stdout is not None
    parent.stdin.close()
    assert parent.stdout.readline() == "reaped\n"
    found = meter.measure([parent.pid], now=101.0)
    assert all(0 <= percent <= FULL for percent in found.values())


def test_a_process_that_has_ended_or_was_not_there_before_has_none(parent: subprocess.Popen[str]) -> None:
    meter = CpuMeter()
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    meter.measure([ended.pid], now=100.0)
    assert meter.measure([ended.pid, parent.pid], now=101.0) == {}
