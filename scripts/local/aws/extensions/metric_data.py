"""CloudWatch: data points go after a while, each metric is listed once, and statistics are of one metric.

Needed for moto 5.2.5, which keeps data points for ever, lists a metric with several dimensions as often as it
has data points, and counts the data points of metrics with more dimensions than asked for.
"""

from datetime import timedelta
from typing import Any

from moto.cloudwatch import models
from moto.cloudwatch.models import CloudWatchBackend, Dimension, Statistics
from moto.core.utils import utcnow

_put = CloudWatchBackend.put_metric_data
_statistics = CloudWatchBackend.get_metric_statistics

RETENTION = timedelta(hours=3)
"""Of data points with a period below a minute (Amazon CloudWatch User Guide, "Metrics retention")."""

SPARED = 1_000
"""Data points that may have gone by for as long as it takes to have so many more."""


def install() -> None:
    """Let data points go, and tell metrics apart."""
    CloudWatchBackend.put_metric_data = _put_and_forget  # type: ignore[method-assign]
    CloudWatchBackend.get_metric_statistics = _statistics_of_one  # type: ignore[method-assign]
    models.are_dimensions_same = _same


def _put_and_forget(self: CloudWatchBackend, namespace: str, metric_data: list[dict[str, Any]]) -> None:
    _put(self, namespace, metric_data)
    oldest = utcnow() - RETENTION
    # They come in about the order of their time: few are looked at in vain.
    if len(self.metric_data) > SPARED and self.metric_data[SPARED].timestamp < oldest:
        self.metric_data = [datum for datum in self.metric_data if datum.timestamp >= oldest]


def _statistics_of_one(self: CloudWatchBackend, *args: Any, **named: Any) -> list[Statistics]:
    wanted = {(it["Name"], it["Value"]) for it in named["dimensions"]}
    kept = self.metric_data
    self.metric_data = [datum for datum in kept if _named(datum.dimensions) == wanted]
    try:
        return _statistics(self, *args, **named)
    finally:
        self.metric_data = kept


def _same(metric_dimensions: list[Dimension], dimensions: list[Dimension]) -> bool:
    return _named(metric_dimensions) == _named(dimensions)


def _named(dimensions: list[Dimension]) -> set[tuple[str | None, str | None]]:
    return {(dimension.name, dimension.value) for dimension in dimensions}
