"""What CloudWatch has of metrics: a value a period, which is shorter here than at AWS."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.control.datum import listed
from scripts.local.runtime.control.minute import MINUTE

COUNTED = frozenset({"Sum", "SampleCount"})
"""Statistics that grow with the period."""

TITLES = {
    "CPUUtilization": "the average CPU in percent",
    "RequestCountPerTarget": "requests a minute and instance",
}


@dataclass(frozen=True, kw_only=True)
class Series:
    """A metric, one statistic of it, and the `period` in seconds that each of its values is of."""

    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    statistic: str
    period: float = MINUTE

    @property
    def title(self) -> str:
        """What people call it."""
        return TITLES.get(self.metric, self.metric)


@dataclass(frozen=True, kw_only=True)
class Point:
    """A value for the period that began at `time`, in seconds since the epoch.

    What is counted is as much as a whole minute of AWS would have had for each of ours.
    """

    time: float
    value: float


async def read(aws: Aws, wanted: Sequence[Series], periods: int, now: float) -> list[list[Point]]:
    """Return what there is of the last `periods` of each series up to `now`, the oldest first."""
    if not wanted:
        return []
    longest = max(series.period for series in wanted)
    answer = await aws.call(
        "cloudwatch",
        "get_metric_data",
        MetricDataQueries=[_query(f"m{number}", series) for number, series in enumerate(wanted)],
        StartTime=datetime.fromtimestamp(now - periods * longest, tz=UTC),
        EndTime=datetime.fromtimestamp(now, tz=UTC),
        ScanBy="TimestampAscending",
    )
    found = {result["Id"]: result for result in answer["MetricDataResults"]}
    return [_points(found[f"m{number}"], series)[-periods:] for number, series in enumerate(wanted)]


def _points(result: Mapping[str, Any], series: Series) -> list[Point]:
    scale = 60 / MINUTE if series.statistic in COUNTED else 1.0
    pairs = zip(result["Timestamps"], result["Values"], strict=True)
    return [Point(time=at.timestamp(), value=value * scale) for at, value in pairs]


def _query(identifier: str, series: Series) -> dict[str, Any]:
    metric = {
        "Namespace": series.namespace,
        "MetricName": series.metric,
        "Dimensions": listed(series.dimensions),
    }
    statistic = {"Metric": metric, "Period": round(series.period), "Stat": series.statistic}
    return {"Id": identifier, "MetricStat": statistic}
