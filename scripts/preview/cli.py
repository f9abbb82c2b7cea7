"""The command `blueprint preview`."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

ROOT = Path(__file__).resolve().parents[2]


def preview_command(
    stack: Annotated[str, typer.Option(help="The stack to evaluate: the S of Pulumi.S.yaml.")] = "dev",
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print everything as JSON, every resource with its inputs.")
    ] = False,
) -> None:
    """Show what a stack would create, offline: no cloud, no login, nothing built."""
    # Pulumi and its AWS modules take seconds to import; every other command starts without them.
    from scripts.evaluation.stack import evaluate  # noqa: PLC0415
    from scripts.preview.rendering import render  # noqa: PLC0415
    from scripts.preview.report import Report, document  # noqa: PLC0415

    evaluation = evaluate(ROOT, stack)
    report = Report.of(evaluation)
    if as_json:
        typer.echo(json.dumps(document(report, evaluation.recording), indent=2))
    else:
        render(report, Console(highlight=False))
