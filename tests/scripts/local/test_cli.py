"""`blueprint local` says what a user can mend, and never shows a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.bench.cli import BENCHMARKS
from scripts.local.cli import PortOptionError, parse_ports
from scripts.local.ledger import Entry, Ledger, start_time

ROOT = Path(__file__).resolve().parents[3]


def blueprint(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scripts.cli", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize(
    "option", ["site", "site=", "site=web", "site=0", "site=65536", "moon=80", "site=-1"]
)
def test_a_port_that_is_not_understood_names_what_is_allowed(option: str) -> None:
    with pytest.raises(
        PortOptionError, match=r"Write name=number, such as --port site=8000, with a name out of aws"
    ):
        parse_ports([option])


def test_ports_are_read_by_name() -> None:
    assert parse_ports(["site=8000", "aws=5000"]) == {"site": 8000, "aws": 5000}


def test_status_says_that_nothing_runs(tmp_path: Path) -> None:
    words = blueprint("local", "status", "--state", str(tmp_path))
    as_json = blueprint("local", "status", "--json", "--state", str(tmp_path))

    assert "Nothing is running. Start it with: make up" in words.stdout
    assert words.returncode == 1
    assert json.loads(as_json.stdout) == {"healthy": False, "addresses": {}, "processes": []}


def test_down_with_nothing_running_says_so(tmp_path: Path) -> None:
    result = blueprint("local", "down", "--state", str(tmp_path))

    assert result.stdout == "nothing was running\n"
    assert result.returncode == 0
    assert json.loads(blueprint("local", "down", "--json", "--state", str(tmp_path)).stdout) == {"ended": 0}


def test_what_a_killed_runtime_left_behind_is_listed_and_ended_by_its_id(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    left = subprocess.Popen(command, start_new_session=True)
    started = start_time(left.pid)
    Ledger(tmp_path).record(
        Entry(name="shop-i-1", role="app", pid=left.pid, create_time=started, port=1, command=command, log="")
    )

    status = json.loads(blueprint("local", "status", "--json", "--state", str(tmp_path)).stdout)
    down = blueprint("local", "down", "--state", str(tmp_path))

    assert status["healthy"] is False
    assert [(process["name"], process["state"]) for process in status["processes"]] == [
        ("shop-i-1", "left behind")
    ]
    assert down.stdout == "ended 1 processes\n"
    assert left.wait(timeout=10) != 0


def test_logs_before_anything_ran_say_how_to_start(tmp_path: Path) -> None:
    result = blueprint("local", "logs", "--state", str(tmp_path))

    assert result.returncode == 1
    assert "Start something first: make up" in result.stderr
    assert "Traceback" not in result.stderr


def test_logs_of_an_unknown_process_name_those_there_are(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "balancer-shop.log").write_text("a line\nthe last line\n")

    unknown = blueprint("local", "logs", "moon", "--state", str(tmp_path))
    by_prefix = blueprint("local", "logs", "balancer", "--lines", "1", "--state", str(tmp_path))
    as_json = blueprint("local", "logs", "--json", "--state", str(tmp_path))

    assert "no process is called 'moon'. There are: balancer-shop." in unknown.stderr
    assert by_prefix.stdout.split() == ["balancer-shop", "the", "last", "line"]
    assert [json.loads(line) for line in as_json.stdout.splitlines()] == [
        {"process": "balancer-shop", "line": "a line"},
        {"process": "balancer-shop", "line": "the last line"},
    ]


def test_an_unknown_stack_is_told_before_anything_is_built_or_started(tmp_path: Path) -> None:
    result = blueprint("local", "up", "--stack", "moon", "--state", str(tmp_path))

    assert result.returncode == 1
    assert result.stderr.startswith("error: There is no stack moon: Pulumi.moon.yaml is missing. Stacks: ")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lock"]


def test_a_state_folder_that_cannot_be_written_is_named_with_the_reason() -> None:
    result = blueprint("local", "up", "--state", "/dev/null/state")

    assert result.returncode == 1
    assert result.stderr == (
        "error: cannot write /dev/null/state: Not a directory. Use a folder that is yours (--state FOLDER).\n"
    )


def test_a_program_that_is_missing_is_told_before_anything_is_built_or_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BLUEPRINT_POSTGRES_BIN", str(tmp_path))

    result = blueprint("local", "up", "--state", str(tmp_path / "state"))

    assert result.returncode == 1
    assert result.stderr.startswith(f"error: No PostgreSQL in {tmp_path}: the programs postgres and initdb")


def test_an_unknown_benchmark_names_those_there_are() -> None:
    result = blueprint("bench", "moon")

    assert result.returncode == 1
    assert f"no benchmark is called 'moon'. There are: {', '.join(BENCHMARKS)}." in result.stderr
