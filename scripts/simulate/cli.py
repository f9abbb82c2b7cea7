"""`blueprint simulate couriers`."""

import asyncio
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live

from scripts.local.status import read_status
from scripts.options import LOCAL_STACK, State
from scripts.simulate.couriers import Route, Tally
from scripts.simulate.errors import SimulationError
from scripts.simulate.run import Written, drive, new_run, sign_in, written

MOST = 5_000  # couriers
SETTLE = 5.0  # seconds in which what was reported last is written

app = typer.Typer(help="Make things happen in the shop.", no_args_is_help=True)


@app.callback()
def simulate() -> None:
    """Make things happen in the shop."""


@app.command()
def couriers(
    count: Annotated[int, typer.Option("-n", "--count", min=1, max=MOST, help="How many.")] = 1_000,
    every: Annotated[str, typer.Option(help="Between two reports of a courier, such as 2s.")] = "2s",
    seconds: Annotated[
        float | None, typer.Option("--for", min=1, help="Seconds to go on; until Ctrl-C without.")
    ] = None,
    url: Annotated[str | None, typer.Option(help="The shop's address; the local stack's without.")] = None,
    state: State = LOCAL_STACK,
) -> None:
    """Have couriers move and report, and show how few writes the database sees for it."""
    period = _period(every)
    site = (url or _site(state)).rstrip("/")
    route = Route(site.replace("http", "ws", 1), sign_in(site), period)
    run, console = new_run(), Console()
    console.print(f"{count} couriers report to {site} every {period:g} s, as {run}-*. Ctrl-C ends it.")
    tally, took = drive(run, count, route, lambda counts: _watch(console, counts, seconds))
    console.print("ended; waiting for the last writes ...")
    time.sleep(SETTLE)
    _report(console, tally, took, asyncio.run(written(state, run)))


def _period(text: str) -> float:
    try:
        period = float(text.removesuffix("s"))
    except ValueError:
        period = 0.0
    if not 0.1 <= period <= 3600:
        raise SimulationError(f"--every {text!r} is no time from 0.1s to 3600s, such as 2s.")
    return period


def _site(state: Path) -> str:
    site = read_status(state)["addresses"].get("site")
    if not site:
        raise SimulationError(
            "no local stack runs. Start one with: make up. For another shop, give its address: --url https://..."
        )
    return str(site)


def _watch(console: Console, tally: Tally, seconds: float | None) -> None:
    started = time.monotonic()
    with Live(console=console, refresh_per_second=2) as live:
        while seconds is None or time.monotonic() - started < seconds:
            time.sleep(0.5)
            took = time.monotonic() - started
            live.update(
                f"{took:5.0f} s  {tally['connected']} connections  {tally['reported']} positions "
                f"({tally['reported'] / took:.0f}/s)  {tally['refused']} refused  {tally['broken']} broken"
            )


def _report(console: Console, tally: Tally, took: float, found: Written | None) -> None:
    reported = tally["reported"]
    console.print(f"reported      {reported} positions, {reported / took:.1f} a second")
    console.print(f"over          {tally['connected']} HTTP requests, each a WebSocket from then on")
    console.print(f"not taken     {tally['refused']} refused, {tally['broken']} connections broken")
    if found is None:
        console.print("database      not reached from here")
        return
    writes, rows = found
    console.print(f"database      {writes} bulk writes of {rows} rows, {writes / took:.1f} a second")
    if writes:
        console.print(f"ratio         {rows / writes:.0f} positions a write")
