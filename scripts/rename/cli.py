"""The command `blueprint rename`."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from scripts.rename.changes import Rename, RenameError, summary
from scripts.stack_file import StackFile

ROOT = Path(__file__).resolve().parents[2]

DEPLOYED = """\
For each stack that is deployed: `pulumi stack rename ORGANISATION/{name}/STACK`, then `pulumi preview`:
it must show no replacement. Delete the line `former_name` of each stack that was never deployed."""


def rename_command(
    name: Annotated[
        str, typer.Argument(help="The new name: lower-case words joined by hyphens, at most 40 letters.")
    ],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")
    ] = False,
    never_deployed: Annotated[
        bool,
        typer.Option(
            "--never-deployed", help="No stack was deployed under the old name: keep nothing of it."
        ),
    ] = False,
) -> None:
    """Give a fork its own name: project, settings, types, tags. Deployed stacks keep their resources."""
    console = Console(highlight=False)
    _validate(name)
    old = StackFile.project(ROOT)
    if name == old:
        raise RenameError(f"The project is called {name} already.")
    files = _tracked_files(ROOT)
    changes = Rename(root=ROOT, old=old, new=name, deployed=not never_deployed).changes(files)
    table = Table("File", Column("lines", justify="right"))
    for file, lines in summary(ROOT, changes):
        table.add_row(file, str(lines))
    console.print(table)
    if dry_run:
        console.print(f"{len(changes)} files would change from {old} to {name}. Nothing was written.")
        return
    for file, text in changes.items():
        (ROOT / file).write_text(text, encoding="utf-8")
    _format(ROOT, [file for file in changes if file.endswith(".py")])
    console.print(
        f"{len(changes)} files changed from {old} to {name}. Read `git diff`, then `make environment`."
    )
    if not never_deployed:
        console.print(DEPLOYED.format(name=name), soft_wrap=True)


def _validate(name: str) -> None:
    """Raise RenameError unless the settings take the name for a project's."""
    from infra.errors import SettingsError  # noqa: PLC0415 - imports Pulumi
    from infra.settings import Settings  # noqa: PLC0415

    try:
        Settings.parse({"preset": "single", "stage": "dev"}, project=name, stack="dev", region="us-east-1")
    except SettingsError as error:
        [problem] = error.problems
        raise RenameError(
            f"A project cannot be called {name!r}; allowed: {problem.allowed}. {problem.remedy}"
        ) from None


def _tracked_files(root: Path) -> list[str]:
    """What git tracks below `root`; raises RenameError unless all of it is committed."""
    if _git(root, "status", "--porcelain"):
        raise RenameError("There are changes that are not committed: commit or stash them first.")
    return _git(root, "ls-files", "-z").rstrip("\0").split("\0")


def _git(root: Path, *arguments: str) -> str:
    git = shutil.which("git")
    if git is None:
        raise RenameError("git is not installed: install it, so that a rename can be read and taken back.")
    command = [git, *arguments]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if result.returncode:
        raise RenameError(
            f"{root} is no git repository ({result.stderr.strip()}): `git init` and commit first."
        )
    return result.stdout


def _format(root: Path, files: list[str]) -> None:
    """Wrap lines anew that a longer name made too long, where the formatter is installed."""
    if files and importlib.util.find_spec("ruff"):
        command = [sys.executable, "-m", "ruff", "format", "--quiet", *files]
        subprocess.run(command, cwd=root, check=False)
