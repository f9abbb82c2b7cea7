"""The command `blueprint build`."""

import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from scripts.build.builder import build
from scripts.build.manifest import Manifest
from scripts.build.platforms import PLATFORMS

ROOT = Path(__file__).resolve().parents[2]


class Choice(StrEnum):
    """What `--platform` takes."""

    LOCAL = "local"
    ARM64 = "arm64"
    X86_64 = "x86_64"
    ALL = "all"


def build_command(
    platform: Annotated[
        Choice,
        typer.Option(help="Whom to build for: this machine, Lambda's two architectures, or all of them."),
    ] = Choice.LOCAL,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the manifests, and nothing else.")] = False,
) -> None:
    """Build the application bundle and the Lambda functions into dist/."""
    console = Console(stderr=True, quiet=as_json)
    names = list(PLATFORMS) if platform is Choice.ALL else [platform.value]
    manifests = [
        build(name, ROOT, ROOT / "dist", lambda line: console.print(line, style="dim")) for name in names
    ]
    if as_json:
        typer.echo(json.dumps([asdict(manifest) for manifest in manifests], indent=2))
    else:
        Console().print(_table(manifests))


def _table(manifests: list[Manifest]) -> Table:
    table = Table("Platform", "Artifact", Column("MB", justify="right"), Column("SHA-256", overflow="fold"))
    for manifest in manifests:
        for name, artifact in manifest.artifacts.items():
            table.add_row(manifest.platform, name, f"{artifact.size / 1e6:.1f}", artifact.sha256)
    return table
