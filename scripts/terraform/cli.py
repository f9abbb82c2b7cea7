"""The commands `blueprint terraform ...`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from scripts.errors import UserError

if TYPE_CHECKING:
    from scripts.terraform.export import Export

ROOT = Path(__file__).resolve().parents[2]
STAGE = "staging"
"""Of presets: held to no rule that needs an owner's own settings."""

app = typer.Typer(help="The stack as Terraform, for teams that run it.", no_args_is_help=True)


class ChoiceError(UserError):
    """Neither a stack nor a preset is named, or both are."""


@app.callback()
def _terraform() -> None:
    """Commands below `terraform`, of which there is one so far."""


@app.command("export")
def export_command(
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write to.", metavar="DIR")],
    stack: Annotated[str | None, typer.Option(help="The stack: the S of Pulumi.S.yaml.")] = None,
    preset: Annotated[
        str | None, typer.Option(help="In place of a stack: a preset by itself, as in infra/presets/.")
    ] = None,
) -> None:
    """Write a stack as Terraform JSON, one file a component, references kept."""
    require_one(stack, preset)
    export = chosen(stack, preset, STAGE)
    export.write(output)
    _tell(export, output)


def require_one(stack: str | None, preset: str | None) -> None:
    """Nothing where either a stack or a preset is named; else a `ChoiceError`."""
    if bool(stack) == bool(preset):
        raise ChoiceError("Name either a stack, by --stack, or a preset, by --preset.")


def chosen(stack: str | None, preset: str | None, stage: str) -> "Export":
    """The export of the stack that is named, or else of the preset, as a stack of that stage."""
    # Pulumi and its AWS modules take seconds to import; every other command starts without them.
    from scripts.terraform.export import Export  # noqa: PLC0415

    return Export.of_stack(ROOT, stack) if stack else Export.of_preset(ROOT, preset or "", stage)


def _tell(export: "Export", output: Path) -> None:
    console = Console(highlight=False)
    configuration = export.configuration
    console.print(
        f"{len(configuration.origins)} resources in {len(configuration.files)} files are in {output}."
    )
    if configuration.variables:
        console.print(
            f"Tell Terraform what is secret: {', '.join(f'TF_VAR_{it}' for it in configuration.variables)}."
        )
    if not export.evaluation.built:
        platform = export.evaluation.settings.platform
        console.print(
            f"The artifacts are not built: run `blueprint build --platform {platform}`, then export again.",
            style="yellow",
            soft_wrap=True,
        )
