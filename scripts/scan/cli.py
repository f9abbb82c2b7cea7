"""The command `blueprint scan`."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

ROOT = Path(__file__).resolve().parents[2]


def scan_command(
    preset: Annotated[
        list[str] | None, typer.Option(help="Look at this preset, and at no other; may be repeated.")
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(help="Run this scanner, and no other; may be repeated.", metavar="SCANNER"),
    ] = None,
    *,
    quick: Annotated[
        bool, typer.Option("--quick", help="Leave Checkov out, which needs Terraform and minutes.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Scan what each preset would create, and the code; exit with 1 when something fails."""
    # Pulumi and its AWS modules take seconds to import; every other command starts without them.
    from scripts.scan.exceptions import FILE, read  # noqa: PLC0415
    from scripts.scan.report import Report, document, render  # noqa: PLC0415
    from scripts.scan.scanners import chosen_presets, chosen_scanners, run  # noqa: PLC0415

    exemptions = read(ROOT / FILE)
    presets = chosen_presets(preset)
    scans = run(ROOT, presets, chosen_scanners(only, quick=quick))
    report = Report.of(scans, exemptions, whole=preset is None)
    if as_json:
        typer.echo(json.dumps(document(report), indent=2))
    else:
        render(report, Console(highlight=False))
    raise typer.Exit(0 if report.passed else 1)
