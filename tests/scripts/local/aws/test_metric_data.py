"""Metrics: data points go after a while, and metrics with several dimensions are told apart."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

Aws = Callable[[str], Any]

BALANCER = {"Name": "LoadBalancer", "Value": "app/shop/1"}
GROUP = {"Name": "TargetGroup", "Value": "targetgroup/shop/2"}


def put(aws: Aws, name: str, *dimensions: dict[str, str], ago: timedelta, times: int = 1) -> None:
    datum = {"MetricName": name, "Dimensions": list(dimensions), "Timestamp": datetime.now(UTC) - ago}
    data = [{**datum, "Value": 1.0}] * times
    aws("cloudwatch").put_metric_data(Namespace="Test", MetricData=data)


def points(aws: Aws, name: str, *dimensions: dict[str, str]) -> int:
    """The number of data points of a metric in the last day."""
    now = datetime.now(UTC)
    answer = aws("cloudwatch").get_metric_statistics(
        Namespace="Test",
        MetricName=name,
        Dimensions=list(dimensions),
        StartTime=now - timedelta(days=1),
        EndTime=now,
        Period=86_400,
        Statistics=["SampleCount"],
    )
    return sum(int(point["SampleCount"]) for point in answer["Datapoints"])


def listed(aws: Aws, name: str) -> int:
    return len(aws("cloudwatch").list_metrics(Namespace="Test", MetricName=name)["Metrics"])


def put_of_both(aws: Aws) -> None:
    for ago in (10, 20):
        put(aws, "requests", BALANCER, ago=timedelta(seconds=ago))
        put(aws, "requests", BALANCER, GROUP, ago=timedelta(seconds=ago))


def test_a_metric_with_more_dimensions_is_another_one_and_each_is_listed_once(aws: Aws) -> None:
    put_of_both(aws)

    assert points(aws, "requests", BALANCER) == 2
    assert points(aws, "requests", BALANCER, GROUP) == 2
    assert listed(aws, "requests") == 2


def put_old(aws: Aws) -> None:
    put(aws, "old", ago=timedelta(hours=4), times=900)
    put(aws, "old", ago=timedelta(hours=3, minutes=1), times=900)
    put(aws, "old", ago=timedelta(minutes=1), times=2)


def test_data_points_go_after_three_hours(aws: Aws) -> None:
    put_old(aws)

    assert points(aws, "old") == 2


def test_moto_itself_still_keeps_all_and_mixes_metrics(moto: Aws) -> None:
    put_of_both(moto)
    put_old(moto)

    assert points(moto, "requests", BALANCER) == 4
    assert listed(moto, "requests") > 2
    assert points(moto, "old") == 1802
