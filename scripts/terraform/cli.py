"""The commands `blueprint terraform ...`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from scripts.errors import UserError

if TYPE_CHECKING:
    from scripts.terraform.export import Export

ROOT = Path(__file__).resolve().parents[2]

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
    export = chosen(stack, preset)
    export.write(output)
    _tell(export, output)


def chosen(stack: str | None, preset: str | None) -> "Export":
    """The export of the stack, or of the preset, that is named.

    Raises:
        ChoiceError: not exactly one of them is.
    """
    # Pulumi and its AWS modules take seconds to import; every other command starts without them.
    from scripts.terraform.export import Export  # noqa: PLC0415

    if stack and not preset:
        return Export.of_stack(ROOT, stack)
    if preset and not stack:
        return Export.of_preset(ROOT, preset)
    raise ChoiceError("Name either a stack, by --stack, or a preset, by --preset.")


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
