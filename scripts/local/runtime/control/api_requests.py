"""What HTTP APIs answered, as API Gateway tells it (developer guide, "CloudWatch metrics for HTTP APIs")."""

from collections.abc import Mapping

from scripts.local.runtime.control.datum import Datum, several, single
from scripts.local.runtime.gateway.period import Period


def of_apis(periods: Mapping[str, Period]) -> list[Datum]:
    """Return a period's metrics of every API that was asked in it."""
    return [datum for identifier, period in periods.items() for datum in _of_api(identifier, period)]


def _of_api(identifier: str, period: Period) -> list[Datum]:
    dimensions = {"ApiId": identifier}
    return [
        single("Count", dimensions, len(period.durations), "Count"),
        single("4xx", dimensions, period.refused, "Count"),
        single("5xx", dimensions, period.failed, "Count"),
        several("Latency", dimensions, period.durations, "Milliseconds"),
    ]
