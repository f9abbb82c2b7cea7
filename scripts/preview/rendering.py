"""A preview for people, with Rich."""

from collections.abc import Sequence
from itertools import groupby

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.table import Column, Table
from rich.text import Text
from rich.tree import Tree

from scripts.evaluation.recorder import Registered
from scripts.preview.report import Component, Report

MANY = 4
"""As many resources of one type in one component share a line."""

STYLES = {"cost": "yellow", "outage": "red", "loss": "red", "surprise": "magenta", "silence": "cyan"}

UNKNOWN = "known once it exists"


def render(report: Report, console: Console) -> None:
    """Print the whole report."""
    console.print(_tree(report))
    console.print()
    console.print(_counts(report))
    console.print()
    console.print(_protected(report))
    console.print()
    console.print(_outputs(report))
    console.print()
    console.print(_cautions(report))


def _tree(report: Report) -> Tree:
    title = f"[bold]{escape(report.project)} {escape(report.stack)}[/]"
    where = f"preset {report.preset}, stage {report.stage}, {report.region}"
    tree = Tree(f"{title}  [dim]{where}, {report.resources} resources[/]")
    for component in report.components:
        _add_component(tree, component)
    _add_resources(tree, report.loose)
    return tree


def _add_component(tree: Tree, component: Component) -> None:
    branch = tree.add(f"[bold cyan]{component.kind}[/] [bold]{escape(component.name)}[/]")
    _add_resources(branch, component.resources)
    for inner in component.components:
        _add_component(branch, inner)


def _add_resources(branch: Tree, resources: Sequence[Registered]) -> None:
    for type_, alike in groupby(resources, key=lambda it: it.type):
        group = list(alike)
        label = short(type_)
        if len(group) >= MANY:
            names = ", ".join(it.name for it in group)
            mark = _mark(all(it.protect for it in group))
            branch.add(Text.from_markup(f"{label} [dim]× {len(group)}  {escape(names)}[/]{mark}"))
            continue
        for it in group:
            branch.add(f"{label} [dim]{escape(it.name)}[/]{_mark(it.protect)}")


def _mark(protected: bool) -> str:  # noqa: FBT001 - a private formatter
    return " [green]protected[/]" if protected else ""


def short(type_: str) -> str:
    """A type as one says it: `aws:sqs/queue:Queue` is `sqs.Queue`."""
    package, module, name = type_.split(":")
    module = module.partition("/")[0]
    return f"{package if module == 'index' else module}.{name}"


def _counts(report: Report) -> RenderableType:
    lines = [f"[dim]{number:>4}[/] {short(type_)}" for type_, number in report.counts.items()]
    heading = f"[bold]{report.resources} resources of {len(report.counts)} types[/]"
    return Group(heading, Columns(lines, column_first=True, padding=(0, 3)))


def _protected(report: Report) -> RenderableType:
    if not report.protected:
        return "[bold]Protected[/]  nothing: a destroy goes through"
    lines = [f"  {short(it.type)} [dim]{escape(it.name)}[/]" for it in report.protected]
    return Group(f"[bold]Protected[/]  a destroy refuses to delete {len(lines)} resources", *lines)


def _outputs(report: Report) -> RenderableType:
    table = Table(Column(style="cyan"), Column(overflow="fold"), box=None, show_header=False)
    for name, value in report.outputs.items():
        table.add_row(name, Text(UNKNOWN, style="dim") if value is None else Text(_text(value)))
    return Group("[bold]Outputs[/]", table)


def _text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(UNKNOWN if it is None else str(it) for it in value) or "none"
    return str(value)


def _cautions(report: Report) -> RenderableType:
    if not report.warnings:
        return "[bold]Warnings[/]  none"
    return Group("[bold]Warnings[/]", _caution_table(report))


def _caution_table(report: Report) -> Table:
    table = Table(Column(no_wrap=True), Column(overflow="fold"), box=None, show_header=False)
    for caution in report.warnings:
        table.add_row(Text(caution.kind, style=STYLES.get(caution.kind, "yellow")), Text(caution.message))
    return table
