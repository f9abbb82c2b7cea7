"""What functions did lately, as CloudWatch tells it."""

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from scripts.local.console.model import Group
from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.control.minute import MINUTE

PERIODS = 3  # looked back at: the one that goes on has not been published


class Figure(NamedTuple):
    """A figure of the page: the metric and the statistic that it is, times `scale`."""

    name: str
    metric: str
    statistic: str
    scale: float


FIGURES = (
    Figure("invocations", "Invocations", "Sum", 1 / MINUTE),
    Figure("errors", "Errors", "Sum", 1.0),
    Figure("duration", "Duration", "Average", 1.0),
    Figure("iterator_age", "IteratorAge", "Maximum", 0.001),
)


async def measure(aws: Aws, groups: Sequence[Group]) -> dict[str, dict[str, float]]:
    """Return how functions fared in the last period in which they did something, by ARN.

    That is invocations a second, the share that failed, milliseconds that one took, and of what reads streams
    the age of the newest record, in seconds. A stream has that of the reader that is the farthest behind.
    """
    if not groups:
        return {}
    answer = await aws.call(
        "cloudwatch",
        "get_metric_data",
        MetricDataQueries=list(_queries(groups)),
        StartTime=datetime.fromtimestamp(time.time() - PERIODS * MINUTE, tz=UTC),
        EndTime=datetime.now(UTC),
        ScanBy="TimestampDescending",
    )
    newest = {result["Id"]: result["Values"][0] for result in answer["MetricDataResults"] if result["Values"]}
    found: dict[str, dict[str, float]] = {}
    for place, group in enumerate(groups):
        found[group.id] = own = _of_function(newest, place)
        for source in group.fed_by:
            if ":kinesis:" in source and "iterator_age" in own:
                of_stream = found.setdefault(source, {})
                of_stream["iterator_age"] = max(own["iterator_age"], of_stream.get("iterator_age", 0.0))
    return found


def _of_function(newest: Mapping[str, float], place: int) -> dict[str, float]:
    own = {
        figure.name: newest[key] * figure.scale
        for figure in FIGURES
        if (key := f"{figure.name}_{place}") in newest
    }
    if own.get("invocations"):
        own["errors"] = own.get("errors", 0.0) / (own["invocations"] * MINUTE)
    return own


def _queries(groups: Sequence[Group]) -> Iterator[dict[str, Any]]:
    for place, group in enumerate(groups):
        dimensions = [{"Name": "FunctionName", "Value": group.title}]
        for figure in FIGURES:
            metric = {"Namespace": "AWS/Lambda", "MetricName": figure.metric, "Dimensions": dimensions}
            statistic = {"Metric": metric, "Period": round(MINUTE), "Stat": figure.statistic}
            yield {"Id": f"{figure.name}_{place}", "MetricStat": statistic}
