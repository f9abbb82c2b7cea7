"""Brings the whole stack up once, as its user would, in a state folder of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from scripts.local import REGION
from scripts.local.ledger import Ledger
from scripts.local.runtime.aws_client import Aws
from scripts.local.status import read_status

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
# Seconds; generous, because it is no measurement: other tests and engineers may be at work beside this one.
COMMAND_DEADLINE = 900
BLUEPRINT = [sys.executable, "-m", "scripts.cli"]


class Stack:
    """The running stack: its command, its addresses and its AWS."""

    def __init__(self, state: Path) -> None:
        self.state = state

    def blueprint(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `blueprint local ...` on this stack's state folder."""
        command = [*BLUEPRINT, "local", *arguments, "--state", str(self.state)]
        return subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=check, timeout=COMMAND_DEADLINE
        )

    def status(self) -> dict[str, Any]:
        """Return what `blueprint local status --json` prints, without the second that a process takes."""
        return read_status(self.state)

    def processes(self, role: str) -> list[dict[str, Any]]:
        return [process for process in self.status()["processes"] if process["role"] == role]

    def address(self, name: str) -> str:
        return str(self.status()["addresses"][name])

    def aws(self, service: str) -> Any:
        """Return a boto3 client of the stack's AWS."""
        return Aws(self.address("aws"), REGION).client(service)

    def mailbox(self) -> list[dict[str, Any]]:
        """Return the e-mails that SES was asked to send."""
        answer = httpx.get(f"{self.address('aws')}/_blueprint/mailbox", timeout=60)
        messages: list[dict[str, Any]] = answer.json()["messages"]
        return messages


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("local"))
    result = stack.blueprint("up", "--json", check=False)
    assert result.returncode == 0, f"{result.stderr}\n{result.stdout}"
    ledger = Ledger(stack.state)
    started = ledger.entries()
    yield stack
    stack.blueprint("down")
    assert [entry.name for entry in started if ledger.is_alive(entry)] == []
