"""The newest values of metrics in CloudWatch, as the runtime publishes them each period."""

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.control.datum import listed
from scripts.local.runtime.control.minute import MINUTE

PERIODS = 3  # looked back at: the one that goes on has not been published


class Figure(NamedTuple):
    """A figure of the page: the metric and the statistic that it is, times `scale`."""

    name: str
    metric: str
    statistic: str
    scale: float


async def newest(
    aws: Aws, namespace: str, figures: Sequence[Figure], things: Sequence[Mapping[str, str]]
) -> list[dict[str, float]]:
    """Return the figures of things, each given by its dimensions, of the last period that has some."""
    if not things:
        return []
    answer = await aws.call(
        "cloudwatch",
        "get_metric_data",
        MetricDataQueries=list(_queries(namespace, figures, things)),
        StartTime=datetime.fromtimestamp(time.time() - PERIODS * MINUTE, tz=UTC),
        EndTime=datetime.now(UTC),
        ScanBy="TimestampDescending",
    )
    values = {result["Id"]: result["Values"][0] for result in answer["MetricDataResults"] if result["Values"]}
    return [
        {
            figure.name: values[key] * figure.scale
            for figure in figures
            if (key := f"{figure.name}_{place}") in values
        }
        for place in range(len(things))
    ]


def _queries(
    namespace: str, figures: Sequence[Figure], things: Sequence[Mapping[str, str]]
) -> Iterator[dict[str, Any]]:
    for place, dimensions in enumerate(things):
        for figure in figures:
            metric = {
                "Namespace": namespace,
                "MetricName": figure.metric,
                "Dimensions": listed(dimensions),
            }
            statistic = {"Metric": metric, "Period": round(MINUTE), "Stat": figure.statistic}
            yield {"Id": f"{figure.name}_{place}", "MetricStat": statistic}
