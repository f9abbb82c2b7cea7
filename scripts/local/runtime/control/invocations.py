"""What functions did, as Lambda tells it (developer guide, "Types of metrics for Lambda functions")."""

from collections.abc import Mapping

from scripts.local.runtime.control.datum import Datum, several, single
from scripts.local.runtime.functions.period import Period


def of_functions(periods: Mapping[str, Period]) -> list[Datum]:
    """Return a period's metrics of every function that was invoked in it."""
    return [datum for name, period in periods.items() for datum in _of_function(name, period)]


def _of_function(name: str, period: Period) -> list[Datum]:
    dimensions = {"FunctionName": name}
    metrics = []
    if period.durations:
        metrics = [
            single("Invocations", dimensions, len(period.durations), "Count"),
            single("Errors", dimensions, period.errors, "Count"),
            several("Duration", dimensions, period.durations, "Milliseconds"),
        ]
    if period.ages:
        metrics.append(several("IteratorAge", dimensions, period.ages, "Milliseconds"))
    return metrics
