"""The command `blueprint verify`."""

import json
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from scripts.terraform.cli import ROOT, chosen, require_one
from scripts.verify.errors import VerifyError
from scripts.verify.report import Verdict, render
from scripts.verify.terraform import require

STAGE = "dev"
"""Of presets: production's protection would stand in the way of the destroy."""


def verify_command(  # noqa: PLR0913 - each is an option
    stack: Annotated[str | None, typer.Option(help="The stack: the S of Pulumi.S.yaml.")] = None,
    preset: Annotated[
        str | None, typer.Option(help="In place of a stack: a preset by itself, as in infra/presets/.")
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    optional: Annotated[
        bool, typer.Option(help="Without Terraform, or its provider, say so and succeed: for CI.")
    ] = False,
    compare: Annotated[
        bool,
        typer.Option(help="Deploy with the embedded engine, too, and show what it makes otherwise."),
    ] = False,
    keep: Annotated[
        Path | None,
        typer.Option(help="Keep the configuration and Terraform's state in a folder.", metavar="DIR"),
    ] = None,
) -> None:
    """Let the real AWS provider deploy a stack into a local AWS, read it again, and destroy it."""
    require_one(stack, preset)
    try:
        verdict = _verdict(stack, preset, keep, compare=compare)
    except VerifyError as error:
        if not optional:
            raise
        Console(stderr=True, highlight=False).print(f"Nothing is verified. {error}", markup=False)
        return
    if as_json:
        typer.echo(json.dumps(verdict.document(), indent=2))
    else:
        render(verdict, Console(highlight=False))
    if not verdict.passed:
        raise typer.Exit(1)


def _verdict(stack: str | None, preset: str | None, keep: Path | None, *, compare: bool) -> Verdict:
    require()
    # Pulumi and its AWS modules take seconds to import; every other command starts without them.
    from scripts.verify.comparison import Comparison  # noqa: PLC0415
    from scripts.verify.verification import Verification  # noqa: PLC0415

    export = chosen(stack, preset, STAGE)
    comparison = Comparison.of(ROOT, export) if compare else None
    progress = Console(stderr=True, highlight=False)
    with tempfile.TemporaryDirectory(prefix="verify-") as scratch:
        return Verification(
            subject=f"stack {stack}" if stack else f"preset {preset}",
            export=export,
            folder=keep or Path(scratch),
            on_progress=lambda *said: progress.print(
                "  ".join(said), markup=False, soft_wrap=True, style="dim"
            ),
            comparison=comparison,
        ).run()
