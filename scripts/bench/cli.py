"""`blueprint bench`: run benchmarks and print their figures."""

import json
import sys
from importlib import import_module
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from scripts.bench.figure import Figure
from scripts.errors import UserError

# Name on the command line -> module with `measure() -> list[Figure]`; loaded only when it runs.
BENCHMARKS = {
    "up": "scripts.bench.up",
    "deploy": "scripts.bench.deploy",
    "program": "scripts.bench.program",
    "export": "scripts.bench.export",
    "cached-read": "scripts.bench.cached_read",
    "list-read": "scripts.bench.list_read",
    "order-write": "scripts.bench.order_write",
    "relay": "scripts.bench.relay",
    "balancer": "scripts.bench.balancer",
    "reshard": "scripts.bench.reshard",
    "replica-reads": "scripts.bench.replica_reads",
    "imports": "scripts.bench.imports",
    "order-to-mail": "scripts.bench.order_to_mail",
    "position-writer": "scripts.bench.position_writer",
    "page": "scripts.bench.page",
    "chat": "scripts.bench.chat",
    "positions": "scripts.bench.positions",
}


class UnknownBenchmarkError(UserError):
    """A name that is no benchmark's."""


def bench_command(
    names: Annotated[list[str] | None, typer.Argument(help="Which ones; all when none is named.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Measure the figures of this project, each beside its reference in the same run."""
    chosen = names or list(BENCHMARKS)
    unknown = [name for name in chosen if name not in BENCHMARKS]
    if unknown:
        raise UnknownBenchmarkError(
            f"no benchmark is called {unknown[0]!r}. There are: {', '.join(BENCHMARKS)}."
        )
    progress = Console(stderr=True)
    figures: list[Figure] = []
    for name in chosen:
        with progress.status(f"measuring {name} ..."):
            figures += import_module(BENCHMARKS[name]).measure()
    if as_json:
        typer.echo(json.dumps({"figures": [figure.to_json() for figure in figures]}, indent=2))
    else:
        # A pipe has no width: there the tables take what they need.
        console = Console() if sys.stdout.isatty() else Console(width=200)
        console.print(figure_table(figures))
        for figure in figures:
            if figure.parts:
                console.print(parts_table(figure))
            if figure.picture:
                console.print(f"{figure.name} is drawn in {figure.picture}.png and .svg")


def figure_table(figures: list[Figure]) -> Table:
    """Return the figures as a table: value, spread, reference, ratio and goal."""
    table = Table("figure", "median", "spread", "reference", "ratio", "goal", "met")
    for figure in figures:
        low, high = figure.spread
        table.add_row(
            figure.name,
            f"{_number(figure.value)} {figure.unit}",
            f"{_number(low)} to {_number(high)}",
            figure.reference_name,
            "" if figure.ratio is None else f"{figure.ratio:.2f} ×",
            figure.goal.text(figure.unit),
            "yes" if figure.is_met else "no",
        )
    return table


def parts_table(figure: Figure) -> Table:
    """Return where a figure comes from, largest part first."""
    table = Table("part", figure.unit, title=f"where {figure.name} goes")
    for part, value in sorted(figure.parts.items(), key=lambda item: -item[1]):
        table.add_row(part, _number(value))
    return table


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.4g}"
