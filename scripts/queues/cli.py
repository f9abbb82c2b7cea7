"""`blueprint queues`: list, show, redrive."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from scripts.console import console
from scripts.options import LOCAL_STACK, AsJson, State
from scripts.queues import tables
from scripts.queues.errors import QueuesError

if TYPE_CHECKING:
    from scripts.queues.letters import Letters
    from scripts.queues.overview import Queue

SHOWN = 100  # dead letters
WIDTH = 250  # columns of a table where it is not shown on a terminal

app = typer.Typer(
    help="Queues and what died in them: the local stack's, or those that your AWS credentials lead to.",
    no_args_is_help=True,
)

Name = Annotated[str, typer.Argument(help="The queue, or its dead-letter queue; a part of the name will do.")]


@app.command("list")
def list_command(state: State = LOCAL_STACK, as_json: AsJson = False) -> None:
    """Show each queue: how many messages wait, are worked on, and have died."""
    from scripts.queues.overview import queues  # noqa: PLC0415 - boto3 takes a third of a second to import
    from scripts.reach import reached  # noqa: PLC0415

    with reached(state, QueuesError) as reach:
        found = queues(reach)
    if as_json:
        typer.echo(json.dumps([asdict(queue) for queue in found], indent=2))
    elif found:
        console(WIDTH).print(tables.overview(found))
    else:
        typer.echo(f"There are no queues at {reach.place}.")


@app.command()
def show(queue: Name, state: State = LOCAL_STACK, as_json: AsJson = False) -> None:
    """Show what died in a queue, and leave it there."""
    from scripts.queues.letters import letters  # noqa: PLC0415
    from scripts.queues.overview import chosen, queues  # noqa: PLC0415
    from scripts.reach import reached  # noqa: PLC0415

    with reached(state, QueuesError) as reach:
        dead, _ = chosen(queues(reach), queue)
        found = letters(reach, dead, SHOWN)
    if as_json:
        typer.echo(json.dumps(_described(found), indent=2, default=str))
    else:
        _show(found, dead)


@app.command()
def redrive(  # noqa: PLR0913, PLR0917 - Typer's way to options
    queue: Name,
    rate: Annotated[str, typer.Option("--rate", help="How many a second at most, such as 10/s.")] = "10/s",
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many at most.")] = 1_000,
    yes: Annotated[bool, typer.Option("--yes", help="Move them without asking.")] = False,
    state: State = LOCAL_STACK,
    as_json: AsJson = False,
) -> None:
    """Move what died in a queue back into it, once its cause is mended: first shown, then asked, then moved.

    Of records that a consumer of a stream gave up, the queue only says where they are: they are put into the
    stream again, at its end, and all of its consumers see them once more.
    """
    from scripts.queues.letters import letters  # noqa: PLC0415
    from scripts.queues.overview import chosen, queues  # noqa: PLC0415
    from scripts.queues.pace import Pace, parsed  # noqa: PLC0415
    from scripts.queues.redrive import Outcome, Redrive  # noqa: PLC0415
    from scripts.reach import reached  # noqa: PLC0415

    pace = Pace(parsed(rate))
    with reached(state, QueuesError) as reach:
        dead, source = chosen(queues(reach), queue)
        found = letters(reach, dead, limit)
        if not as_json:
            _show(found, dead)
        ids = {letter.message_id for letter in found.seen}
        to = source.name if source else "the streams that they are of, where all consumers see them again"
        asked = f"Move {len(ids)} to {to}, {pace.rate:g} a second?"
        if ids and not yes and not typer.confirm(asked, err=True):
            raise typer.Exit(1)
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("moving", total=len(ids))
            step = Redrive(reach, dead, source, pace, lambda: progress.advance(task))
            outcome = step.move(ids) if ids else Outcome()
    if as_json:
        typer.echo(json.dumps(asdict(outcome), indent=2))
        return
    records = f", which were {outcome.records} records" if outcome.records else ""
    typer.echo(f"moved {len(outcome.moved)} of {len(ids)} to {to}{records}" if ids else "Nothing to move.")
    for line in tables.left(outcome):
        console(WIDTH).print(line, soft_wrap=True)


def _described(found: "Letters") -> dict[str, Any]:
    return {"total": found.total, "letters": [asdict(letter) for letter in found.seen]}


def _show(found: "Letters", dead: "Queue") -> None:
    if not found.seen:
        typer.echo(f"{dead.name} has no dead letters.")
        return
    console(WIDTH).print(tables.letters(found.seen))
    if found.total > len(found.seen):
        typer.echo(f"These are {len(found.seen)} of about {found.total}.")
