"""The ledger ends what it recorded, all of it, and nothing else."""

import dataclasses
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from scripts.local.ledger import Entry, Ledger, start_time
from tests.waiting import wait_until

SLEEP = [sys.executable, "-c", "import time; time.sleep(300)"]
IGNORE_TERM = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(300)",
]
START_A_CHILD = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
print(child.pid, flush=True)
time.sleep(300)
"""
WITH_CHILD = [sys.executable, "-c", START_A_CHILD]


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path)


@pytest.fixture
def spawned() -> Iterator[list[subprocess.Popen[str]]]:
    processes: list[subprocess.Popen[str]] = []
    yield processes
    for process in processes:
        process.kill()
        process.communicate()


def spawn(spawned: list[subprocess.Popen[str]], command: list[str]) -> subprocess.Popen[str]:
    process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE, text=True)
    spawned.append(process)
    return process


def entry(pid: int, name: str = "shop", role: str = "app", command: list[str] = SLEEP) -> Entry:
    return Entry(
        name=name, role=role, pid=pid, create_time=start_time(pid), port=8000, command=command, log="shop.log"
    )


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def test_an_entry_is_read_back_as_it_was_recorded(ledger: Ledger) -> None:
    recorded = entry(os.getpid(), name="database-a/b:c")
    ledger.record(recorded)
    assert ledger.entries() == [recorded]
    ledger.forget(recorded.name)
    assert ledger.entries() == []


def test_a_recorded_process_ends_and_is_forgotten(
    ledger: Ledger, spawned: list[subprocess.Popen[str]]
) -> None:
    process = spawn(spawned, SLEEP)
    ledger.record(entry(process.pid))
    ledger.end(ledger.entries())
    assert process.wait() == -signal.SIGTERM
    assert ledger.entries() == []


def test_a_process_that_ignores_sigterm_is_killed_after_the_grace(
    ledger: Ledger, spawned: list[subprocess.Popen[str]]
) -> None:
    process = spawn(spawned, IGNORE_TERM)
    first_line(process)
    ledger.record(entry(process.pid))
    ledger.end(ledger.entries(), grace=0.2)
    assert process.wait() == -signal.SIGKILL


def test_a_stranger_that_reused_the_process_id_is_left_alone(
    ledger: Ledger, spawned: list[subprocess.Popen[str]]
) -> None:
    process = spawn(spawned, SLEEP)
    earlier = dataclasses.replace(entry(process.pid), create_time=start_time(process.pid) - 60)
    ledger.record(earlier)
    assert not ledger.is_alive(earlier)
    ledger.end(ledger.entries())
    assert process.poll() is None
    assert ledger.entries() == []


def test_a_zombie_is_not_alive(ledger: Ledger, spawned: list[subprocess.Popen[str]]) -> None:
    process = spawn(spawned, SLEEP)
    recorded = entry(process.pid)
    process.kill()
    wait_until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE)
    assert not ledger.is_alive(recorded)


def test_the_children_of_a_recorded_process_end_with_it(
    ledger: Ledger, spawned: list[subprocess.Popen[str]]
) -> None:
    process = spawn(spawned, WITH_CHILD)
    child = psutil.Process(int(first_line(process)))
    ledger.record(entry(process.pid))
    ledger.end(ledger.entries())
    child.wait(10)


def test_what_a_killed_leader_left_in_its_session_is_ended(
    ledger: Ledger, spawned: list[subprocess.Popen[str]]
) -> None:
    process = spawn(spawned, WITH_CHILD)
    child = psutil.Process(int(first_line(process)))
    ledger.record(entry(process.pid))
    process.kill()
    process.wait()
    assert child.is_running()
    ledger.end(ledger.entries())
    child.wait(10)


def test_end_all_ends_everything_but_the_caller(ledger: Ledger, spawned: list[subprocess.Popen[str]]) -> None:
    runtime, app = spawn(spawned, SLEEP), spawn(spawned, SLEEP)
    ledger.record(entry(runtime.pid, name="runtime", role="runtime"))
    ledger.record(entry(app.pid))
    ledger.record(entry(os.getpid(), name="cli", role="cli"))
    ledger.end_all()
    assert (runtime.wait(), app.wait()) == (-signal.SIGTERM, -signal.SIGTERM)
    assert [left.name for left in ledger.entries()] == ["cli"]
