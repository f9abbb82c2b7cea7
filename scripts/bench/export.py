"""`export`: what writing a stack as Terraform takes, beside the evaluation of its program."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.bench.figure import Figure, Goal
from scripts.bench.processes import in_a_fresh_process

if TYPE_CHECKING:
    from collections.abc import Callable

RUNS = 5
PRESET = "scale"
ROOT = Path(__file__).resolve().parents[2]


def measure() -> list[Figure]:
    """Export `scale`, and evaluate it."""
    runs = [in_a_fresh_process(export_and_evaluate) for _ in range(RUNS)]
    figure = Figure(
        name=f"export: {PRESET} as Terraform",
        unit="ms CPU",
        samples=[one["export"] for one in runs],
        reference=[one["evaluation"] for one in runs],
        reference_name="evaluation of its program",
        goal=Goal(limit=3, of="ratio"),
    )
    return [figure]


def export_and_evaluate() -> dict[str, float]:
    """Return the milliseconds of CPU that each takes, once everything is imported."""
    from scripts.evaluation.stack import evaluate_preset  # noqa: PLC0415 - Pulumi takes seconds, and only here
    from scripts.terraform.export import Export  # noqa: PLC0415

    def evaluate() -> None:
        evaluate_preset(ROOT, PRESET)

    def export() -> None:
        with tempfile.TemporaryDirectory(prefix="blueprint-bench-") as folder:
            Export.of_preset(ROOT, PRESET).write(Path(folder))

    export()  # imports, and the provider's schema
    return {"export": _milliseconds(export), "evaluation": _milliseconds(evaluate)}


def _milliseconds(work: Callable[[], None]) -> float:
    started = time.process_time()
    work()
    return (time.process_time() - started) * 1000
