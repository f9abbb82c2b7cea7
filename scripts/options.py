"""Options that commands share."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from scripts.errors import UserError

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


def read_time(option: str, text: str, refusal: Callable[[str], UserError]) -> datetime:
    """Return the time, in UTC, that was given for an option.

    Raises:
        UserError: it is none, or lacks its zone; `refusal` makes it of its text.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise refusal(f"{option} {text!r} is no time with its zone, such as 2026-03-01T09:30:00Z.")
    return found.astimezone(UTC)
