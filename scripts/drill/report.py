"""What came of a drill, as a table for people and as a document for scripts."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rich.markup import escape
from rich.table import Table

from scripts.drill.drill import Outcome
from scripts.drill.failover import Outcome as FailoverOutcome

NAMED = 20  # things that are wrong with a promise, that people are told


def table(outcome: Outcome) -> Table:
    """Return the reconciliation, a promise a row."""
    table = Table("promise", box=None, pad_edge=False)
    for column in ("expected", "found", "wrong"):
        table.add_column(column, justify="right")
    table.add_column("holds")
    for check in outcome.checks:
        mark = "[green]yes[/]" if check.holds else "[red]no[/]"
        numbers = (f"{number:,}" for number in (check.expected, check.found, len(check.wrong)))
        table.add_row(check.promise, *numbers, mark)
    return table


def wrong(outcome: Outcome) -> Iterator[str]:
    """Yield a line for each thing that is wrong, and one for all that would be too many."""
    for check in outcome.checks:
        for name in list(check.wrong)[:NAMED]:
            yield escape(f"{check.promise}: {name} {check.wrong[name]}")
        if len(check.wrong) > NAMED:
            yield f"{check.promise}: and {len(check.wrong) - NAMED:,} more (--json names all)"


def summary(outcome: Outcome) -> str:
    """Return in a line how much of what there was."""
    faults = ", ".join(f"{count} × {kind}" for kind, count in sorted(outcome.faults.items()))
    refused = sum(outcome.refused.values())
    return (
        f"{outcome.orders:,} orders in {outcome.seconds:.0f} s; faults: {faults}; "
        f"AWS refused {refused:,} calls. The books {'balance' if outcome.balances else 'do not balance'}."
    )


def failover_table(outcome: FailoverOutcome) -> Table:
    """Return the figures of a drill of failovers, with what is aimed at."""
    takeover, promotion, replacement = outcome.takeover, outcome.promotion, outcome.replacement
    table = Table("what failed", "figure", box=None, pad_edge=False)
    table.add_column("seen", justify="right")
    table.add_column("goal", justify="right")
    for row in (
        (
            f"primary with a synchronous standby ({takeover.fault})",
            "seconds without an order taken",
            f"{takeover.refused_seconds:.1f}",
            "< 10",
        ),
        ("", "acknowledged orders lost", f"{len(takeover.lost)} of {takeover.acknowledged}", "0"),
        (
            "primary, in whose place a replica is promoted that got nothing any more",
            "acknowledged orders lost, of those since then",
            f"{len(promotion.missing)} of {promotion.meanwhile}",
            "none can be promised",
        ),
        (
            "process of an instance",
            "failed requests beyond those under way",
            f"{replacement.failed_later}",
            "0",
        ),
        ("", "seconds until it is back", f"{replacement.seconds:.1f}", ""),
        ("", "acknowledged orders lost", f"{len(replacement.lost)} of {replacement.acknowledged}", "0"),
    ):
        table.add_row(*row)
    return table


def failover_summary(outcome: FailoverOutcome) -> str:
    """Return in a line whether what was promised held."""
    if outcome.holds:
        return "Nothing that was acknowledged is lost where nothing may be."
    lost = [*outcome.takeover.lost, *outcome.replacement.lost]
    return f"Acknowledged orders are lost: {', '.join(lost[:NAMED])}"


def failover_document(outcome: FailoverOutcome) -> dict[str, Any]:
    """Return all of it for a script."""
    return asdict(outcome) | {"holds": outcome.holds}


def document(outcome: Outcome) -> dict[str, Any]:
    """Return all of it for a script."""
    checks = [asdict(check) | {"holds": check.holds} for check in outcome.checks]
    return asdict(outcome) | {"balances": outcome.balances, "checks": checks}
