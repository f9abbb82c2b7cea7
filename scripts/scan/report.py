"""Scans, judged by the exceptions; as a table and as JSON."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from scripts.scan.exceptions import FILE, Exemption
from scripts.scan.findings import Finding, Scan

LONGEST = 300
"""Characters of a finding that are printed; `--json` has all of it."""

COUNTS = ("seen", "passed", "failed", "excepted")


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A scan whose findings are told apart: those that fail it, and those that are lived with, and why."""

    scan: Scan
    failed: Sequence[Finding]
    excepted: Sequence[tuple[Finding, Exemption]]


@dataclass(frozen=True, kw_only=True)
class Report:
    """What all scanners say.

    Attributes:
        judged: each scan.
        stale: exceptions that nothing answers to any more, with the pattern or preset that is idle.
    """

    judged: Sequence[Judged]
    stale: Sequence[tuple[Exemption, str]]

    @classmethod
    def of(cls, scans: Sequence[Scan], exemptions: Sequence[Exemption], *, whole: bool) -> "Report":
        """Judge scans; where they are the `whole` of the presets, an idle exception is a stale one."""
        ran = {scan.scanner for scan in scans}
        return cls(
            judged=[_judge(scan, exemptions) for scan in scans],
            stale=[
                (exemption, pattern)
                for exemption in exemptions
                if whole and exemption.scanner in ran
                for pattern in exemption.stale(scans)
            ],
        )

    @property
    def passed(self) -> bool:
        """Whether nothing failed, and every exception is needed."""
        return not self.stale and not any(it.failed for it in self.judged)


def _judge(scan: Scan, exemptions: Sequence[Exemption]) -> Judged:
    failed: list[Finding] = []
    excepted: list[tuple[Finding, Exemption]] = []
    for finding in scan.findings:
        exemption = next((it for it in exemptions if it.covers(scan, finding)), None)
        if exemption:
            excepted.append((finding, exemption))
        else:
            failed.append(finding)
    return Judged(scan=scan, failed=failed, excepted=excepted)


def document(report: Report) -> Mapping[str, Any]:
    """The report for a program."""
    return {
        "passed": report.passed,
        "scans": [
            {
                "scanner": it.scan.scanner,
                "subject": it.scan.subject,
                "unit": it.scan.unit,
                "seen": it.scan.seen,
                "passed": it.scan.passed,
                "failed": [_written(finding) for finding in it.failed],
                "excepted": [
                    _written(finding) | {"reason": exemption.reason} for finding, exemption in it.excepted
                ],
            }
            for it in report.judged
        ],
        "stale": [
            {"scanner": exemption.scanner, "check": exemption.check, "where": pattern}
            for exemption, pattern in report.stale
        ],
    }


def _written(finding: Finding) -> dict[str, str]:
    return {"check": finding.check, "where": finding.where, "message": finding.message}


def render(report: Report, console: Console) -> None:
    """Print the report for a person: what failed, what is stale, and a table of it all."""
    for judged in report.judged:
        _render_failed(judged, console)
    for exemption, pattern in report.stale:
        console.print(
            f"[bold red]stale[/] {escape(exemption.check)} of {exemption.scanner}, {escape(pattern)}: "
            f"nothing fails it any more. Take it out of {FILE}.",
            soft_wrap=True,
        )
    console.print(_table(report))


def _render_failed(judged: Judged, console: Console) -> None:
    for finding in judged.failed:
        message = shorten(finding.message, LONGEST, placeholder=" ...")
        console.print(
            f"[bold red]failed[/] {judged.scan.scanner} {judged.scan.subject}: "
            f"[bold]{escape(finding.check)}[/] {escape(finding.where)}\n       {escape(message)}",
            soft_wrap=True,
        )


def _table(report: Report) -> Table:
    table = Table("scanner", "of", "what", box=None, header_style="dim", pad_edge=False)
    for name in COUNTS:
        table.add_column(name, justify="right")
    totals: Counter[str] = Counter()
    for it in report.judged:
        counts = _counts(it)
        totals.update(counts)
        numbers = [str(counts[name]) for name in COUNTS]
        style = "red" if it.failed else None
        table.add_row(it.scan.scanner, it.scan.subject, it.scan.unit, *numbers, style=style)
    table.add_row("all", "", "", *(str(totals[name]) for name in COUNTS), style="bold")
    return table


def _counts(judged: Judged) -> dict[str, int]:
    return {
        "seen": judged.scan.seen,
        "passed": judged.scan.passed,
        "failed": len(judged.failed),
        "excepted": len(judged.excepted),
    }
