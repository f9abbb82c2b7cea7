"""One leads: who waits does so until the leader dies, or stands still and is killed."""

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.local.ledger import Entry, Ledger, start_time
from scripts.local.runtime.election import FILE, Election

STANDS_STILL = """
import fcntl, sys, time
lock = open(sys.argv[1], "a")
fcntl.flock(lock, fcntl.LOCK_EX)
print("leads", flush=True)
time.sleep(300)
"""


@pytest.fixture
def leader(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that leads and shows nothing of it, recorded as the runtime."""
    command = [sys.executable, "-c", STANDS_STILL, str(tmp_path / FILE)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "leads\n"
    Ledger(tmp_path).record(
        Entry(
            name="runtime",
            role="runtime",
            pid=process.pid,
            create_time=start_time(process.pid),
            port=None,
            command=command,
            log="",
        )
    )
    yield process
    process.kill()
    process.communicate()


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[Election]:
    """One who waits, with little patience."""
    found = Election(tmp_path, poll=0.01, patience=5)
    yield found
    found.leave()


def test_one_of_two_leads_and_the_other_once_that_one_has_left(tmp_path: Path, waiting: Election) -> None:
    first = Election(tmp_path)
    assert (first.win(), waiting.win()) == (True, False)
    first.leave()
    assert waiting.win()


def test_who_waits_leads_once_the_leader_is_dead(leader: subprocess.Popen[str], waiting: Election) -> None:
    assert not waiting.win()
    leader.kill()
    leader.wait()
    assert waiting.wait() == "has ended"


def test_a_leader_that_stands_still_is_killed(leader: subprocess.Popen[str], waiting: Election) -> None:
    leader.send_signal(signal.SIGSTOP)
    assert waiting.wait() == "stood still for 0.05 s and was killed"
    assert leader.wait() == -signal.SIGKILL


def test_a_leader_that_goes_on_is_waited_for(
    tmp_path: Path, leader: subprocess.Popen[str], waiting: Election, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It shows that it goes on at every second look, for twenty looks."""
    looks = iter(range(20))

    def sleep(_: float) -> None:
        look = next(looks, None)
        if look is None:
            leader.kill()
            leader.wait()
        elif look % 2:
            os.utime(tmp_path / FILE, ns=(look, look))
        assert leader.poll() is None or look is None

    monkeypatch.setattr("time.sleep", sleep)
    assert waiting.wait() == "has ended"


def test_a_beat_is_seen_at_the_file_that_is_locked(tmp_path: Path, waiting: Election) -> None:
    assert waiting.win()
    os.utime(tmp_path / FILE, ns=(1, 1))
    waiting.beat()
    assert (tmp_path / FILE).stat().st_mtime_ns > 1
    with (tmp_path / FILE).open() as file, pytest.raises(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
