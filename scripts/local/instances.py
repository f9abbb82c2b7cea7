"""Commands on a running instance, as an operator would run them there through Session Manager."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import psutil

from scripts.errors import UserError
from scripts.local.ledger import Ledger
from scripts.local.runtime.interpreter import base_interpreter

if TYPE_CHECKING:
    from pathlib import Path

TIMEOUT = 600.0  # seconds; seeding takes two, on a machine at its limit minutes


class InstanceCommandError(UserError):
    """The command could not be run, or it failed."""


def environment_of_an_instance(state: Path) -> dict[str, str] | None:
    """Return the variables that a running app instance was given; None if none runs."""
    ledger = Ledger(state)
    instances = [entry for entry in ledger.entries() if entry.role == "app" and ledger.is_alive(entry)]
    return psutil.Process(instances[0].pid).environ() if instances else None


def run_on_instance(state: Path, module: str) -> str:
    """Run a Python module with the bundle and settings of a running app instance; return what it printed."""
    ledger = Ledger(state)
    instances = [entry for entry in ledger.entries() if entry.role == "app" and ledger.is_alive(entry)]
    if not instances:
        raise InstanceCommandError("no app instance runs. Start them with: make up")
    instance = psutil.Process(instances[0].pid)
    command = [*base_interpreter(), "-m", module]
    try:
        result = subprocess.run(
            command,
            cwd=instance.cwd(),
            env=instance.environ(),
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT,
        )
    except subprocess.TimeoutExpired:
        raise InstanceCommandError(
            f"`python -m {module}` did not end on {instances[0].name} within {TIMEOUT:.0f} s."
        ) from None
    if result.returncode:
        said = "\n".join(result.stderr.strip().splitlines()[-5:])
        raise InstanceCommandError(f"`python -m {module}` failed on {instances[0].name}:\n{said}")
    return result.stdout.strip()
