"""`blueprint local`: the cloud on this machine."""

import json
import os
import shlex
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from scripts.console import console
from scripts.errors import UserError
from scripts.local import environment
from scripts.local.deploy import deploy as deploy_application
from scripts.local.faults.cli import app as fault_app
from scripts.local.logs import follow_logs, print_json, print_line, select_logs, show_logs
from scripts.local.runtime.ports import NAMES
from scripts.local.status import address_table, read_status, status_table
from scripts.local.timeline import Timeline, follow_timeline, print_event, print_event_as_json
from scripts.local.up import Progress, bring_down, bring_to_life, bring_up, start_local_aws
from scripts.options import LOCAL_STACK, AsJson, State

ROOT = Path(__file__).resolve().parent.parent.parent

app = typer.Typer(
    help="The cloud on this machine: no Docker, no AWS account, no Pulumi login.",
    no_args_is_help=True,
)

app.add_typer(fault_app, name="fault")

Stack = Annotated[str, typer.Option("--stack", help="The stack to deploy: the S of Pulumi.S.yaml.")]
PortOption = Annotated[
    list[str] | None,
    typer.Option("--port", envvar="BLUEPRINT_PORTS", help=f"Fix a port, as name=number: {', '.join(NAMES)}."),
]


class PortOptionError(UserError):
    """A `--port` that is not `name=number`."""


@app.command()
def up(
    stack: Stack = "local", state: State = LOCAL_STACK, port: PortOption = None, as_json: AsJson = False
) -> None:
    """Build, deploy, start and seed everything; return when all is healthy."""
    progress = Progress()
    result = bring_up(
        root=ROOT, stack=stack, state=state.resolve(), ports=parse_ports(port or []), progress=progress
    )
    if as_json:
        typer.echo(json.dumps(result | {"seconds": progress.seconds}, indent=2))
        return
    shown = Console()
    shown.print()
    shown.print(address_table(result))
    shown.print(
        "\nSee what runs: [bold]make status[/]  read the logs: [bold]make logs[/]  end it: [bold]make down[/]"
    )


@app.command()
def down(state: State = LOCAL_STACK, as_json: AsJson = False) -> None:
    """End everything that runs, also what a killed runtime left behind. Data goes with it; logs stay."""
    ended = bring_down(state.resolve())
    if as_json:
        typer.echo(json.dumps({"ended": ended}))
    else:
        typer.echo(f"ended {ended} processes" if ended else "nothing was running")


@app.command()
def status(state: State = LOCAL_STACK, as_json: AsJson = False) -> None:
    """Say what runs, how it is and where. The exit code is 0 when all is healthy, else 1."""
    result = read_status(state.resolve())
    if as_json:
        typer.echo(json.dumps(result, indent=2))
    elif not result["processes"]:
        typer.echo("Nothing is running. Start it with: make up")
    else:
        shown = console()
        shown.print(status_table(result))
        if result["addresses"]:
            shown.print(address_table(result))
    if not result["healthy"]:
        raise typer.Exit(1)


@app.command()
def logs(
    name: Annotated[
        str | None, typer.Argument(help="A process's name or the start of it; all when none is given.")
    ] = None,
    lines: Annotated[
        int, typer.Option("--lines", "-n", min=0, help="How many of the last lines of each.")
    ] = 20,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on as lines are written, until Ctrl-C.")
    ] = False,
    state: State = LOCAL_STACK,
    as_json: AsJson = False,
) -> None:
    """Show the logs of all processes, or of one by name; they stay after `down`, until the next `up`.

    With --json, each line is an object with the process's name and what it wrote.
    """
    files = select_logs(state.resolve(), name)
    show = print_json if as_json else print_line
    show_logs(files, lines, show)
    if follow:
        follow_logs(files, show)


@app.command()
def deploy(state: State = ROOT / ".local", as_json: AsJson = False) -> None:
    """Build the application and replace the instances that run another; no request fails meanwhile."""
    result = deploy_application(ROOT, state.resolve(), Progress())
    if as_json:
        typer.echo(json.dumps(result, indent=2))


@app.command()
def timeline(
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on as things happen, until Ctrl-C.")
    ] = False,
    state: State = ROOT / ".local",
    as_json: AsJson = False,
) -> None:
    """Tell what happened: deployments, scaling, failures and recoveries, the oldest first.

    With --json, each line is an object with time (seconds since the epoch), kind, subject and sentence.
    """
    told = Timeline(state.resolve())
    show = print_event_as_json if as_json else print_event
    events = told.events()
    for event in events:
        show(event)
    if follow:
        follow_timeline(told, len(events), show)
    elif not events and not as_json:
        typer.echo("Nothing has happened yet. What runs: blueprint local status")


@app.command()
def aws(state: State = LOCAL_STACK, port: PortOption = None, as_json: AsJson = False) -> None:
    """Start only the local AWS; print what points a tool at it: eval "$(blueprint local aws)"."""
    endpoint = start_local_aws(state.resolve(), parse_ports(port or []))
    if as_json:
        typer.echo(json.dumps(environment(endpoint), indent=2))
        return
    for variable, value in environment(endpoint).items():
        typer.echo(f"export {variable}={shlex.quote(value)}")
    typer.echo(f"The local AWS listens at {endpoint}; end it with: blueprint local down", err=True)


@app.command()
def run(state: State = LOCAL_STACK, port: PortOption = None, as_json: AsJson = False) -> None:
    """Bring to life whatever is deployed in the local AWS (or at AWS_ENDPOINT_URL), by whichever engine."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    result = bring_to_life(state.resolve(), parse_ports(port or []), endpoint, Progress())
    if as_json:
        typer.echo(json.dumps(result, indent=2))
    else:
        Console().print(address_table(result))


def parse_ports(options: list[str]) -> dict[str, int]:
    """Return `["site=8000"]` as `{"site": 8000}`; raise PortOptionError for anything else."""
    ports = {}
    for option in options:
        name, _, number = option.partition("=")
        if name not in NAMES or not number.isdecimal() or not 1 <= int(number) <= 65535:
            raise PortOptionError(
                f"--port {option} is not understood. Write name=number, such as --port site=8000, "
                f"with a name out of {', '.join(NAMES)} and a number from 1 to 65535."
            )
        ports[name] = int(number)
    return ports
