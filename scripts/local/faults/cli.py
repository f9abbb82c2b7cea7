"""`blueprint local fault`: break something on purpose, for a while."""

import json
import time
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from scripts.console import console
from scripts.local.faults.book import Book, Kind
from scripts.options import LOCAL_STACK, AsJson, State

app = typer.Typer(
    help="Break something of the local stack on purpose, for a while, and watch it heal.",
    no_args_is_help=True,
)

Process = Annotated[
    str, typer.Argument(help="A process as `make status` names it, a pattern of several, or a role.")
]
Function = Annotated[str, typer.Argument(help="The function's name, or how it ends.")]
Seconds = Annotated[float, typer.Option("--for", min=1, help="How many seconds it lasts.")]


@app.command()
def kill(process: Process, state: State = LOCAL_STACK) -> None:
    """Kill a process, with all that it has started, as a crash does."""
    _begin(state, "kill", process, 0)


@app.command()
def freeze(process: Process, seconds: Seconds = 30, state: State = LOCAL_STACK) -> None:
    """Have a process stand still: it keeps its connections and answers nobody."""
    _begin(state, "freeze", process, seconds)


@app.command()
def lag(
    replica: Annotated[str, typer.Argument(help="The process of a replica.")] = "replica",
    seconds: Seconds = 60,
    state: State = LOCAL_STACK,
) -> None:
    """Have a database's replica receive what is written and not show it."""
    _begin(state, "lag", replica, seconds)


@app.command()
def fill(
    database: Annotated[str, typer.Argument(help="The process of a primary.")] = "database",
    seconds: Seconds = 120,
    state: State = LOCAL_STACK,
) -> None:
    """Have nothing left of a database's storage: it takes no writes until it has grown, or this ends."""
    _begin(state, "fill", database, seconds)


@app.command()
def pause(
    function: Function,
    seconds: Seconds = 60,
    state: State = LOCAL_STACK,
) -> None:
    """Switch off what feeds a function: its queue fills, its stream is not read."""
    _begin(state, "pause", function, seconds)


@app.command()
def refuse(
    service: Annotated[str, typer.Argument(help="A service as boto3 calls it, such as sqs or dynamodb.")],
    seconds: Seconds = 30,
    state: State = LOCAL_STACK,
) -> None:
    """Have AWS refuse every second call of a service: "slow down"."""
    _begin(state, "refuse", service, seconds)


@app.command()
def fail(function: Function, seconds: Seconds = 30, state: State = LOCAL_STACK) -> None:
    """Have a function fail at each call: its queue tries again, its stream waits."""
    _begin(state, "fail", function, seconds)


@app.command()
def hang(function: Function, seconds: Seconds = 30, state: State = LOCAL_STACK) -> None:
    """Have a function hang at each call, until its timeout."""
    _begin(state, "hang", function, seconds)


@app.command()
def slow(function: Function, seconds: Seconds = 30, state: State = LOCAL_STACK) -> None:
    """Have a function take three seconds longer at each call."""
    _begin(state, "slow", function, seconds)


@app.command()
def delay(process: Process = "database", seconds: Seconds = 30, state: State = LOCAL_STACK) -> None:
    """Have a process answer up to 100 ms late, as over a network that delays or loses packets."""
    _begin(state, "delay", process, seconds)


@app.command()
def expire(process: Process = "app", seconds: Seconds = 30, state: State = LOCAL_STACK) -> None:
    """Have the credentials of a process expire, with those of all others of its service or function."""
    _begin(state, "expire", process, seconds)


@app.command("list")
def list_command(state: State = LOCAL_STACK, as_json: AsJson = False) -> None:
    """Show the faults that go on."""
    found = Book(state.resolve()).faults()
    if as_json:
        typer.echo(json.dumps([asdict(fault) for fault in found], indent=2))
    elif found:
        table = Table("fault", "of", "seconds left", box=None, pad_edge=False)
        for fault in found:
            left = (fault.begun_at or time.time()) + fault.seconds - time.time()
            table.add_row(fault.kind, fault.target, f"{max(left, 0):.0f}")
        console().print(table)
    else:
        typer.echo("Nothing is broken on purpose.")


@app.command()
def heal(state: State = LOCAL_STACK) -> None:
    """End all faults now."""
    ended = Book(state.resolve()).heal()
    typer.echo(f"{ended} are ended." if ended else "Nothing is broken on purpose.")


def _begin(state: State, kind: Kind, target: str, seconds: float) -> None:
    book = Book(state.resolve())
    book.await_begin(book.ask(kind, target, seconds))
    lasts = f" It ends in {seconds:g} s, or with: blueprint local fault heal." if seconds else ""
    typer.echo(f"Done.{lasts} What follows: blueprint local timeline --follow")
