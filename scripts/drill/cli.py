"""`blueprint drill`: of events, of failovers, and of load."""

import asyncio
import json
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from scripts.console import console
from scripts.options import AsJson

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.drill.drill import Outcome
    from scripts.drill.stack import Stack

ROOT = Path(__file__).resolve().parents[2]
WIDTH = 250  # columns of a table where it is not shown on a terminal


class Failure(StrEnum):
    """How a server fails."""

    FREEZE = "freeze"
    KILL = "kill"


Drilled = Annotated[
    Path | None,
    typer.Option("--state", help="Drill the local stack in this folder instead of one of its own."),
]

app = typer.Typer(
    help="Drills: things go wrong on purpose, and what became of the promises.", no_args_is_help=True
)


@app.callback()
def drills() -> None:
    """Drills: things go wrong on purpose, and what became of the promises."""


@app.command()
def events(
    orders: Annotated[int, typer.Option("--orders", min=10, help="How many are placed and paid.")] = 5_000,
    seed: Annotated[int, typer.Option("--seed", help="The same orders and faults for the same number.")] = 1,
    state: Drilled = None,
    as_json: AsJson = False,
) -> None:
    """Place orders while consumers, the relay and AWS fail, and show whether anything was lost or doubled.

    The exit code is 0 if the books balance, else 1.
    """
    from scripts.drill.drill import Drill  # noqa: PLC0415 - boto3 and the local stack take a second to import

    with _stack(state) as stack:
        outcome = Drill(stack, orders, seed, _tell).hold()
        _show(outcome, as_json=as_json)
        if not outcome.balances:
            raise typer.Exit(1)


@app.command()
def failover(
    fault: Annotated[
        Failure, typer.Option("--fault", help="How the primary fails: it stands still, or is killed.")
    ] = Failure.FREEZE,
    state: Drilled = None,
    as_json: AsJson = False,
) -> None:
    """Have the primary, a replica and an instance fail under a constant load of orders; count what was lost.

    The exit code is 0 if nothing that was acknowledged is lost where nothing may be, else 1.
    """
    from scripts.drill import report  # noqa: PLC0415
    from scripts.drill.failover import FailoverDrill  # noqa: PLC0415

    with _stack(state) as stack:
        outcome = FailoverDrill(stack, fault.value, _tell).hold()
        if as_json:
            typer.echo(json.dumps(report.failover_document(outcome), indent=2))
        else:
            console(WIDTH).print(report.failover_table(outcome))
            typer.echo(report.failover_summary(outcome))
        if not outcome.holds:
            raise typer.Exit(1)


@app.command()
def scaling(
    visitors: Annotated[
        int, typer.Option("--visitors", min=1, max=50, help="How many there are before; then four times.")
    ] = 50,
    state: Drilled = None,
    as_json: AsJson = False,
) -> None:
    """Have four times as many visitors come, and show how the instances follow and what it costs in latency.

    The exit code is 0 if the group scaled out, else 1.
    """
    from scripts.drill import scaling as drill  # noqa: PLC0415

    with _stack(state) as stack:
        outcome = asyncio.run(drill.Drill(stack, visitors, _tell).hold())
    if as_json:
        typer.echo(json.dumps(asdict(outcome), indent=2))
    else:
        shown = console(WIDTH)
        shown.print(drill.table(outcome))
        for line in drill.summary(outcome):
            shown.print(line, soft_wrap=True)
    if outcome.decided is None:
        raise typer.Exit(1)


def _tell(line: str) -> None:
    """Tell people what goes on, beside the outcome, which is for scripts too."""
    Console(stderr=True, highlight=False).print(line, markup=False, soft_wrap=True)


def _show(outcome: "Outcome", *, as_json: bool) -> None:
    from scripts.drill import report  # noqa: PLC0415

    if as_json:
        typer.echo(json.dumps(report.document(outcome), indent=2))
    else:
        shown = console(WIDTH)
        shown.print(report.table(outcome))
        for line in report.wrong(outcome):
            shown.print(line, soft_wrap=True)
        shown.print(report.summary(outcome), soft_wrap=True)


@contextmanager
def _stack(state: Path | None) -> "Iterator[Stack]":
    """Yield the stack that runs in a folder, or one of the drill's own; what fails leaves that one's logs."""
    from scripts.drill.stack import Stack  # noqa: PLC0415
    from scripts.local.up import Progress, bring_down, bring_up  # noqa: PLC0415

    if state is not None:
        yield Stack.of(state.resolve())
        return
    own = Path(tempfile.mkdtemp(prefix="blueprint-drill-"))
    try:
        bring_up(root=ROOT, stack="local", state=own, ports={}, progress=Progress())
        try:
            yield Stack.of(own)
        finally:
            bring_down(own)
    except BaseException:
        typer.echo(f"The logs of the stack are in {own / 'logs'}.", err=True)
        raise
    shutil.rmtree(own)
