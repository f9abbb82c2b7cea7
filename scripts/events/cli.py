"""`blueprint events`: the catalogue, and replays."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from scripts.console import console
from scripts.events.errors import EventsError
from scripts.local.instances import environment_of_an_instance
from scripts.options import LOCAL_STACK, State

if TYPE_CHECKING:
    from scripts.events.replay import Plan


app = typer.Typer(
    help="The shop's events: which there are, and those of the past again.", no_args_is_help=True
)


@app.command()
def catalog() -> None:
    """List every event: version, pattern, who consumes it. Their fields: docs/reference/events.md."""
    from app.events.catalogue import EVENTS  # noqa: PLC0415 - pydantic takes a while

    table = Table("event", "version", "pattern", "consumers", "when")
    for kind in EVENTS:
        consumers = "\n".join(f"{one.name} ({one.pattern})" for one in kind.consumers) or "nobody yet"
        when = " ".join((kind.__doc__ or "").split())
        table.add_row(kind.type, str(kind.version), kind.pattern, consumers, when)
    console().print(table)


@app.command()
def replay(  # noqa: PLR0913, PLR0917 - Typer's way to options
    start: Annotated[str, typer.Option("--from", help="From when on, such as 2026-03-01T09:30:00Z.")],
    end: Annotated[str, typer.Option("--to", help="Until when, 7 days later at most.")],
    types: Annotated[
        list[str] | None, typer.Option("--type", help="Only for rules that let this type through.")
    ] = None,
    consumers: Annotated[
        list[str] | None, typer.Option("--consumer", help="Only for this consumer, such as order_inventory.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    state: State = LOCAL_STACK,
) -> None:
    """Publish events of the past again, from the bus' archive. Consumers know them, and do nothing twice.

    EventBridge replays a window of time for whole rules: a rule that lets a wanted type through gets what
    else it lets through, too. What goes to a queue or a stream besides the bus does not come again.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    from scripts.events.replay import Window, explained, follow, plan  # noqa: PLC0415
    from scripts.events.replay import start as begin  # noqa: PLC0415

    window = Window.parse(start, end)
    name, client = _reached(state)
    try:
        wanted = plan(client, name, window, types or [], consumers or [])
        _show(name, wanted)
        if not yes and not typer.confirm("Replay them?"):
            raise EventsError("nothing was replayed.")
        running = begin(client, wanted)
        for now, last in follow(client, running):
            typer.echo(
                f"{running}: {now.lower()}{f', at events of {last:%Y-%m-%d %H:%M:%S}' if last else ''}"
            )
    except (ClientError, BotoCoreError) as error:
        raise explained(error, name) from None


def _reached(state: Path) -> tuple[str, Any]:
    """Return a bus' name and a client: the environment's, where it names a bus, else the local stack's."""
    import boto3  # noqa: PLC0415

    environ = dict(os.environ) if os.environ.get("EVENT_BUS") else environment_of_an_instance(state)
    if environ is None:
        raise EventsError(
            "no local stack runs, and EVENT_BUS is not set. Start one with: make up. To replay events of "
            "another stack, set EVENT_BUS as its instances do."
        )
    os.environ.update({name: value for name, value in environ.items() if name.startswith("AWS_")})
    session: Any = boto3.session.Session(region_name=environ.get("AWS_REGION"))
    return environ["EVENT_BUS"], session.client("events")


def _show(bus: str, wanted: "Plan") -> None:
    window = wanted.window
    typer.echo(
        f"Events of {window.start:%Y-%m-%d %H:%M:%S} to {window.end:%Y-%m-%d %H:%M:%S} UTC, from the archive "
        f"{wanted.archive} ({wanted.events} events, {wanted.size} bytes in all) to the bus {bus}:"
    )
    table = Table("rule", "lets through", "leads to")
    for listener in wanted.listeners:
        table.add_row(listener.name, "\n".join(listener.types) or "everything", "\n".join(listener.targets))
    console().print(table)
