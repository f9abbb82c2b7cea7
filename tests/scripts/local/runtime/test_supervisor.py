"""The supervisor keeps processes running and ends all that they started."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

from scripts.local.ledger import Entry, Ledger, start_time
from scripts.local.runtime.supervisor import ProcessSpec, ProcessStatus, Supervisor
from tests.waiting import until

SLEEP = (sys.executable, "-c", "import time; time.sleep(300)")
NOTE_THE_END = """
import signal, sys, time
def note(*_):
    with open({path!r}, "a") as ended:
        ended.write({role!r} + " ")
    sys.exit()
signal.signal(signal.SIGTERM, note)
open({role!r}, "w").close()
time.sleep(300)
"""


@pytest.fixture
async def supervisor(tmp_path: Path) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(tmp_path)
    yield supervisor
    await supervisor.stop_all()


def spec(directory: Path, command: Sequence[str] = SLEEP, **changes: Any) -> ProcessSpec:
    return ProcessSpec(
        **{
            "name": "shop",
            "role": "app",
            "command": command,
            "directory": directory,
            "environment": {"PYTHONUNBUFFERED": "1"},
            "restart_delay": 0.02,
            **changes,
        }
    )


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def only(supervisor: Supervisor) -> ProcessStatus:
    (status,) = supervisor.statuses()
    return status


async def test_a_process_runs_with_exactly_its_environment_in_its_directory(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    code = "import os, json; open('seen', 'w').write(json.dumps([os.getcwd(), sorted(os.environ)]))"
    await supervisor.ensure(
        spec(
            tmp_path, python(f"{code}; import time; time.sleep(300)"), environment={"LC_CTYPE": "C", "A": "b"}
        )
    )
    seen = tmp_path / "seen"
    await until(lambda: seen.exists() and seen.read_text().endswith("]"))
    assert seen.read_text() == f'["{tmp_path}", ["A", "LC_CTYPE"]]'


async def test_a_process_is_recorded_while_it_runs_and_forgotten_once_stopped(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    await supervisor.ensure(spec(tmp_path, port=4711))
    await until(lambda: only(supervisor).state == "running")
    (entry,) = Ledger(tmp_path).entries()
    assert (entry.name, entry.pid, entry.port) == ("shop", only(supervisor).pid, 4711)
    assert Ledger(tmp_path).is_alive(entry)
    await supervisor.stop("shop")
    assert not psutil.pid_exists(entry.pid)
    assert (Ledger(tmp_path).entries(), supervisor.statuses()) == ([], [])


async def test_a_killed_process_is_started_again(supervisor: Supervisor, tmp_path: Path) -> None:
    await supervisor.ensure(spec(tmp_path))
    await until(lambda: only(supervisor).pid)
    killed = only(supervisor).pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    await until(lambda: only(supervisor).pid not in (None, killed))
    assert only(supervisor).restarts == 1
    assert only(supervisor).detail == "ended by SIGKILL"


async def test_an_equal_spec_with_another_role_leaves_the_process_alone_and_a_changed_one_replaces_it(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    await supervisor.ensure(spec(tmp_path))
    await until(lambda: only(supervisor).pid)
    first = only(supervisor).pid
    await supervisor.ensure(spec(tmp_path, role="another", restart_delay=300))
    assert (only(supervisor).pid, only(supervisor).role) == (first, "another")
    await supervisor.ensure(spec(tmp_path, environment={"CHANGED": "yes"}))
    await until(lambda: only(supervisor).pid not in (None, first))
    assert first is not None
    assert not psutil.pid_exists(first)


async def test_bad_starts_are_tried_again_ever_more_slowly_and_called_failed(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    starts = tmp_path / "starts"
    code = (
        f"import time; open({str(starts)!r}, 'a').write(f'{{time.monotonic()}}\\n'); raise KeyError('gone')"
    )
    await supervisor.ensure(spec(tmp_path, python(code), restart_delay=0.05))
    await until(lambda: only(supervisor).restarts >= 4)
    times = [float(line) for line in starts.read_text().splitlines()]
    assert times[2] - times[1] >= 0.1
    assert times[3] - times[2] >= 0.2
    await until(lambda: only(supervisor).state == "failed")
    assert only(supervisor).detail == "KeyError: 'gone'"


async def test_a_failed_preparation_keeps_the_process_from_starting_and_says_why(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    broken = "import sys; print('applying 0001'); sys.exit('relation \"orders\" exists')"
    started = tmp_path / "started"
    await supervisor.ensure(
        spec(tmp_path, python(f"open({str(started)!r}, 'w')"), prepare=[python("pass"), python(broken)])
    )
    await until(lambda: only(supervisor).state == "failed")
    assert only(supervisor).detail == 'relation "orders" exists'
    assert not started.exists()


async def test_a_program_that_does_not_exist_is_a_failed_start_with_a_reason(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    await supervisor.ensure(spec(tmp_path, ["/nowhere/granian"]))
    await until(lambda: only(supervisor).state == "failed")
    assert "/nowhere/granian" in only(supervisor).detail


async def test_stopping_ends_the_whole_group_even_where_sigterm_is_ignored(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    child = "import signal, time; signal.signal(15, signal.SIG_IGN); open('child', 'w'); time.sleep(300)"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    await supervisor.ensure(spec(tmp_path, python(code), stop_grace=0.2))
    await until((tmp_path / "child").exists)
    leader = only(supervisor).pid
    assert leader is not None
    (grandchild,) = psutil.Process(leader).children()
    await supervisor.stop("shop")
    await until(lambda: not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE)


async def test_stopping_during_a_preparation_ends_it(supervisor: Supervisor, tmp_path: Path) -> None:
    await supervisor.ensure(spec(tmp_path, prepare=[SLEEP]))
    await until(Ledger(tmp_path).entries)
    (entry,) = Ledger(tmp_path).entries()
    await supervisor.stop("shop")
    assert not Ledger(tmp_path).is_alive(entry)


async def test_a_stop_that_is_cut_short_is_finished_by_the_next_one(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); open('up', 'w'); time.sleep(300)"
    await supervisor.ensure(spec(tmp_path, python(code), stop_grace=0.3))
    await until((tmp_path / "up").exists)
    pid = only(supervisor).pid
    assert pid is not None
    stopping = asyncio.create_task(supervisor.stop("shop"))
    await asyncio.sleep(0)
    stopping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopping
    assert psutil.pid_exists(pid)
    await supervisor.stop("shop")
    assert not psutil.pid_exists(pid)


async def test_a_signal_reaches_all_that_came_of_a_process_also_in_a_session_of_its_own(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    parent = python(f"import subprocess; subprocess.run({list(SLEEP)!r}, start_new_session=True)")
    await supervisor.ensure(spec(tmp_path, parent, restart_delay=300))
    await until(lambda: only(supervisor).pid and psutil.Process(only(supervisor).pid).children())
    [child] = psutil.Process(only(supervisor).pid).children()

    supervisor.send_signal("shop", signal.SIGKILL)

    await until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
    await until(lambda: only(supervisor).pid is None)


async def test_a_signal_to_a_process_that_does_not_run_reaches_nobody(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda number, _: heard.append(number))
    try:
        await supervisor.ensure(spec(tmp_path, python("raise SystemExit(1)"), restart_delay=300))
        await until(lambda: only(supervisor).detail)
        supervisor.send_signal("shop", signal.SIGUSR1)
        supervisor.send_signal("unknown", signal.SIGUSR1)
        await asyncio.sleep(0)
    finally:
        signal.signal(signal.SIGUSR1, before)

    assert heard == []


async def test_nothing_is_started_while_it_is_told_of_something_that_is_not_there(tmp_path: Path) -> None:
    absent = ["db:5432"]
    supervisor = Supervisor(tmp_path, lambda values: [value for value in values if value in absent])
    waiting = spec(tmp_path, environment={"DATABASE": "db:5432"})
    await supervisor.ensure(waiting)
    status = only(supervisor)
    assert (status.state, status.healthy, status.detail) == ("starting", False, "waits for db:5432")
    absent.clear()
    await supervisor.ensure(waiting)
    await until(lambda: only(supervisor).pid)
    await supervisor.stop_all()


async def test_a_failure_to_describe_a_process_is_listed_until_it_is_stopped(supervisor: Supervisor) -> None:
    supervisor.report_failure("shop", role="app", detail="corrupted artifact")
    status = only(supervisor)
    assert (status.state, status.healthy, status.detail) == ("failed", False, "corrupted artifact")
    await supervisor.stop("shop")
    assert supervisor.statuses() == []


async def test_health_is_what_was_reported_of_a_running_process(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    await supervisor.ensure(spec(tmp_path))
    await until(lambda: only(supervisor).state == "running")
    assert not only(supervisor).healthy
    supervisor.report_health("shop", healthy=False, detail="GET /live: refused")
    assert (only(supervisor).healthy, only(supervisor).detail) == (False, "GET /live: refused")
    supervisor.report_health("shop", healthy=True)
    assert (only(supervisor).healthy, only(supervisor).detail) == (True, "")
    supervisor.report_health("nobody", healthy=True)


async def test_what_serves_is_stopped_before_what_it_is_served_by(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path)
    ended = tmp_path / "ended"
    for role in ("database", "app", "balancer", "cache"):
        command = python(NOTE_THE_END.format(path=str(ended), role=role))
        await supervisor.ensure(spec(tmp_path, command, name=role, role=role))
        await until((tmp_path / role).exists)
    await supervisor.stop_all()
    assert ended.read_text().split() == ["balancer", "app", "cache", "database"]
    await supervisor.ensure(spec(tmp_path))
    assert supervisor.statuses() == []


@pytest.mark.skipif(os.getuid() != 0, reason="only root may start processes under another id")
async def test_root_starts_a_process_under_the_wanted_user(supervisor: Supervisor, tmp_path: Path) -> None:
    await supervisor.ensure(spec(tmp_path, ["/bin/sleep", "300"], user=65534))
    await until(lambda: only(supervisor).pid)
    assert set(psutil.Process(only(supervisor).pid).uids()) == {65534}


@pytest.fixture
def inherited(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that another runtime has started by `spec(tmp_path)`."""
    process = subprocess.Popen(SLEEP, start_new_session=True)
    Ledger(tmp_path).record(
        Entry(
            name="shop",
            role="app",
            pid=process.pid,
            create_time=start_time(process.pid),
            port=None,
            command=list(SLEEP),
            log="",
            digest=spec(tmp_path).digest,
        )
    )
    yield process
    process.kill()
    process.wait()


async def test_what_another_runtime_started_by_an_equal_spec_is_gone_on_with_and_started_again_when_it_ends(
    inherited: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    supervisor = Supervisor(tmp_path, takes_over=True)
    assert supervisor.inherits(spec(tmp_path))
    await supervisor.ensure(spec(tmp_path))
    assert not supervisor.inherits(spec(tmp_path))
    await until(lambda: only(supervisor).pid == inherited.pid)
    supervisor.report_health("shop", healthy=True)
    assert only(supervisor).healthy

    inherited.kill()
    inherited.wait()

    await until(lambda: only(supervisor).pid not in (None, inherited.pid))
    assert (only(supervisor).restarts, only(supervisor).detail) == (1, "ended")
    await supervisor.stop_all()
    assert Ledger(tmp_path).entries() == []


async def test_what_another_runtime_started_by_another_spec_is_replaced(
    inherited: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    supervisor = Supervisor(tmp_path, takes_over=True)
    reaped = asyncio.create_task(asyncio.to_thread(inherited.wait))
    await supervisor.ensure(spec(tmp_path, environment={"CHANGED": "yes"}))
    assert await reaped == -signal.SIGTERM
    await until(lambda: only(supervisor).pid not in (None, inherited.pid))
    await supervisor.stop_all()


@pytest.mark.parametrize(
    "how", ["ensured and stopped at once", "stopped by name", "nobody asked", "all stopped"]
)
async def test_what_another_runtime_started_is_listed_and_ends(
    inherited: subprocess.Popen[bytes], tmp_path: Path, how: str
) -> None:
    supervisor = Supervisor(tmp_path, takes_over=True)
    assert (only(supervisor).pid, only(supervisor).state) == (inherited.pid, "running")
    assert supervisor.pid("shop") == inherited.pid
    reaped = asyncio.create_task(asyncio.to_thread(inherited.wait))
    match how:
        case "ensured and stopped at once":
            await supervisor.ensure(spec(tmp_path))
            await supervisor.stop("shop")
        case "stopped by name":
            await supervisor.stop("shop")
        case "nobody asked":
            await supervisor.end_inherited()
        case _:
            await supervisor.stop_all()
    assert await reaped == -signal.SIGTERM
    assert (supervisor.statuses(), Ledger(tmp_path).entries()) == ([], [])
