"""`blueprint lock`: renew the locks of the project, the shop's bundle, each function and the scanners."""

import os
import subprocess
import sys
from pathlib import Path

import typer

from scripts.errors import UserError

ROOT = Path(__file__).resolve().parent.parent
# The lowest Python that anything here runs on; markers in the lock cover the newer ones.
PYTHON = "3.11"
# Hashes pin what is installed; addresses are left out, so that a lock works behind any mirror.
OPTIONS = [
    "--quiet",
    "--universal",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-header",
    "--python-version",
    PYTHON,
]


class LockError(UserError):
    """The resolver found no answer."""


def lock_command() -> None:
    """Resolve every requirements file anew, hashes included; the functions follow the project's versions."""
    compile_lock(ROOT, "--group", "dev", "pyproject.toml", "-o", "requirements.txt")
    for source in [*sorted(ROOT.glob("lambdas/*/requirements.in")), ROOT / "app" / "requirements.in"]:
        constraint = os.path.relpath(ROOT / "requirements.txt", source.parent)
        compile_lock(source.parent, "requirements.in", "-c", constraint, "-o", "requirements.txt")
    for source in sorted(ROOT.glob("scripts/scan/locks/*.in")):  # environments of their own
        compile_lock(source.parent, source.name, "-o", source.with_suffix(".txt").name)


def compile_lock(folder: Path, *arguments: str) -> None:
    """Run `uv pip compile` in a folder; raise LockError with what it said when it fails."""
    command = [sys.executable, "-m", "uv", "pip", "compile", *OPTIONS, *arguments]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if result.returncode:
        raise LockError(f"the lock in {folder} could not be made:\n{result.stderr.strip()}")
    typer.echo(f"locked  {(folder / arguments[-1]).relative_to(ROOT)}")
