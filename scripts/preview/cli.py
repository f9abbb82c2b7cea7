"""The command `blueprint preview`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from scripts.errors import UserError

if TYPE_CHECKING:
    from scripts.evaluation.stack import Evaluation

ROOT = Path(__file__).resolve().parents[2]
STACK = "dev"


class PreviewError(UserError):
    """What is asked for cannot be shown, or not be written."""


def preview_command(
    stack: Annotated[
        str | None, typer.Option(help=f"The stack to evaluate: the S of Pulumi.S.yaml. [default: {STACK}]")
    ] = None,
    preset: Annotated[
        str | None, typer.Option(help="In place of a stack: a preset by itself, as in infra/presets/.")
    ] = None,
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print everything as JSON, every resource with its inputs.")
    ] = False,
    graph: Annotated[
        Path | None, typer.Option(help="Write the architecture as a picture, FILE.svg.", metavar="FILE")
    ] = None,
) -> None:
    """Show what a stack would create, offline: no cloud, no login, nothing built."""
    # Pulumi and its AWS modules take seconds to import; every other command starts without them.
    from scripts.preview.rendering import render  # noqa: PLC0415
    from scripts.preview.report import Report, document  # noqa: PLC0415

    evaluation = _evaluation(stack, preset)
    report = Report.of(evaluation)
    if as_json:
        typer.echo(json.dumps(document(report, evaluation.recording), indent=2))
    else:
        render(report, Console(highlight=False))
    if graph:
        _write(evaluation, graph)


def _evaluation(stack: str | None, preset: str | None) -> "Evaluation":
    from scripts.evaluation.stack import evaluate, evaluate_preset  # noqa: PLC0415

    if stack and preset:
        raise PreviewError(
            "--stack and --preset exclude each other: a stack names its preset in its own file."
        )
    return evaluate_preset(ROOT, preset) if preset else evaluate(ROOT, stack or STACK)


def _write(evaluation: "Evaluation", graph: Path) -> None:
    from scripts.preview.graph import Architecture, draw  # noqa: PLC0415

    try:
        graph.write_text(draw(Architecture.of(evaluation)), encoding="utf-8")
    except OSError as error:
        raise PreviewError(
            f"cannot write {graph}: {error.strerror}. Name a file in a folder of yours."
        ) from error
    Console(stderr=True, highlight=False).print(
        f"The architecture is in {graph}: open it in a browser.", style="dim"
    )
