"""`up` and `down`: all of it or nothing, whatever happens in between."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import psutil
import pytest

from scripts.local.ledger import Ledger
from tests.e2e.conftest import COMMAND_DEADLINE, ROOT

if TYPE_CHECKING:
    from pathlib import Path


def up(state: Path, *arguments: str, root: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scripts.cli", "local", "up", "--state", str(state), *arguments]
    return subprocess.run(
        command, cwd=root, capture_output=True, text=True, check=False, timeout=COMMAND_DEADLINE
    )


def assert_one_clear_message_and_nothing_left(result: subprocess.CompletedProcess[str], state: Path) -> None:
    assert result.returncode != 0
    assert "Traceback" not in result.stdout + result.stderr
    assert result.stderr.count("error:") == 1
    assert Ledger(state).entries() == []
    assert [
        process for process in psutil.process_iter(["cmdline"]) if str(state) in str(process.info["cmdline"])
    ] == []


def test_a_taken_fixed_port_is_named_with_its_remedy(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        result = up(tmp_path, "--port", f"site={port}")

    assert f"Port {port}" in result.stderr
    assert "--port site=" in result.stderr
    assert_one_clear_message_and_nothing_left(result, tmp_path)


def test_an_unknown_stack_lists_those_there_are(tmp_path: Path) -> None:
    result = up(tmp_path, "--stack", "moon")

    assert "moon" in result.stderr
    assert "local" in result.stderr
    assert "dev" in result.stderr
    assert_one_clear_message_and_nothing_left(result, tmp_path)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the project that a test may break."""
    target = tmp_path / "copy"
    left_out = shutil.ignore_patterns(".*", "__pycache__", "tests", "docs")
    shutil.copytree(ROOT, target, ignore=left_out)
    return target


def test_a_setting_out_of_range_names_the_key_and_what_is_allowed(copy: Path, tmp_path: Path) -> None:
    stack_file = copy / "Pulumi.local.yaml"
    sound = stack_file.read_text()
    assert "replicas: 1\n" in sound
    stack_file.write_text(sound.replace("replicas: 1\n", "replicas: 99\n"))

    result = up(tmp_path / "state", root=copy)

    assert "database.replicas is 99" in result.stderr
    assert_one_clear_message_and_nothing_left(result, tmp_path / "state")


def test_a_broken_migration_stops_the_start_and_says_which_one(copy: Path, tmp_path: Path) -> None:
    broken = copy / "app" / "migrations" / "versions" / "9999_broken.py"
    versions = sorted(broken.parent.glob("*.py"))
    head = next(line for line in versions[-1].read_text().splitlines() if line.startswith("revision"))
    broken.write_text(
        "from alembic import op\n\n"
        'revision = "9999"\n'
        f"down_{head}\n\n"
        'def upgrade() -> None:\n    op.execute("ALTER TABLE moon ADD COLUMN crater text")\n'
        "def downgrade() -> None:\n    pass\n"
    )

    result = up(tmp_path / "state", root=copy)

    assert "9999" in result.stderr
    assert 'relation "moon" does not exist' in result.stderr
    assert_one_clear_message_and_nothing_left(result, tmp_path / "state")
