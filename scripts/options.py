"""Options that commands share."""

from pathlib import Path
from typing import Annotated

import typer

LOCAL_STACK = Path(__file__).resolve().parent.parent / ".local"

State = Annotated[
    Path,
    typer.Option(
        "--state",
        envvar="BLUEPRINT_STATE",
        help="The folder of the local stack.",
        show_default=".local in the project's folder",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a script.")]
