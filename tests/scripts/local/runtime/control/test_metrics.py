"""What is measured is in CloudWatch, where AWS would have it."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from scripts.local.runtime.balancers.deployed import Spread, TargetGroup
from scripts.local.runtime.balancers.health import TargetHealth
from scripts.local.runtime.cdns.access_log import parse
from scripts.local.runtime.context import Context
from scripts.local.runtime.control.api_requests import of_apis
from scripts.local.runtime.control.deliveries import of_distributions
from scripts.local.runtime.control.groups import Group
from scripts.local.runtime.control.invocations import of_functions
from scripts.local.runtime.control.metrics import Metrics, of_instances
from scripts.local.runtime.control.minute import MINUTE
from scripts.local.runtime.fleets import Fleets, Member
from scripts.local.runtime.functions import period as function_period
from scripts.local.runtime.gateway import period as gateway_period
from scripts.local.runtime.tally import Tally
from tests.scripts.local.runtime.control.checks import CHECK

if TYPE_CHECKING:
    from scripts.local.runtime.balancers import Balancers

NOW = 1_800_000_000.0
ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:"


def member(instance: str, pid: int | None, served_since: float | None = NOW - 600) -> Member:
    return Member(group="shop", instance=instance, pid=pid, served_since=served_since)


def test_an_instance_that_warms_up_has_its_own_metric_and_no_part_in_its_groups() -> None:
    group = Group(name="shop", minimum=1, maximum=4, desired=3, warm_up=60, suspended=frozenset())
    members = [
        member("i-1", 1),
        member("i-2", 2),
        member("i-new", 3, NOW - MINUTE / 2),
        member("i-booting", None, None),
    ]
    metrics = of_instances(members, {1: 20.0, 2: 40.0, 3: 100.0}, {"shop": group}, NOW)
    told = {metric["Dimensions"][0]["Value"]: metric["StatisticValues"] for metric in metrics}
    assert told.keys() == {"i-1", "i-2", "i-new", "shop"}
    assert (told["shop"]["Sum"], told["shop"]["SampleCount"], told["i-new"]["Sum"]) == (60.0, 2, 100.0)


class Standing:
    """Fleets and balancers that stand still."""

    def __init__(self, log: Any) -> None:
        self.log = log

    def members(self) -> list[Member]:
        return []

    def logs(self) -> dict[str, Any]:
        return {"app/shop/1": self.log}

    def hosts(self) -> dict[TargetGroup, dict[str, TargetHealth]]:
        group = TargetGroup(
            arn=f"{ARN}targetgroup/shop/2",
            name="shop",
            balancers=(f"{ARN}loadbalancer/app/shop/1",),
            health_check=CHECK,
            spread=Spread(),
            targets=("i-1:80",),
        )
        health = TargetHealth(CHECK)
        health.observe(None)
        return {group: {"i-1:80": health}}


LINE = (
    f"http t app/shop/1 127.0.0.1:1 127.0.0.1:2 0.000 0.250 0.000 200 200 34 366"
    f' "GET http://shop:80/ HTTP/1.1" "curl" - - {ARN}targetgroup/shop/2 "Root=1" "-" "-" 1 t "forward"\n'
)


async def test_requests_of_a_period_are_published_under_the_period(context: Context) -> None:
    standing = Standing(context.state / "balancer.log")
    metrics = Metrics(context, cast("Fleets", standing), cast("Balancers", standing), {})
    now = datetime.now(UTC).timestamp() // MINUTE * MINUTE
    await metrics.step(now - MINUTE)
    standing.log.write_text(LINE * 3)
    await metrics.step(now)
    metric = {
        "Namespace": "AWS/ApplicationELB",
        "MetricName": "RequestCountPerTarget",
        "Dimensions": [
            {"Name": "LoadBalancer", "Value": "app/shop/1"},
            {"Name": "TargetGroup", "Value": "targetgroup/shop/2"},
        ],
    }
    end = datetime.fromtimestamp(now, tz=UTC)
    answer = await context.aws.call(
        "cloudwatch",
        "get_metric_data",
        MetricDataQueries=[
            {"Id": "a", "MetricStat": {"Metric": metric, "Period": int(MINUTE), "Stat": "Sum"}}
        ],
        StartTime=end - timedelta(seconds=2 * MINUTE),
        EndTime=end,
    )
    assert answer["MetricDataResults"][0]["Values"] == [3.0, 0.0]  # the newest first


def test_what_functions_did_in_a_period_is_told_once_as_lambda_tells_it() -> None:
    tally = Tally(function_period.Period)
    for milliseconds, failed in ((10.0, False), (30.0, True)):
        tally.of("writer").note(milliseconds, failed=failed)
    tally.of("writer").ages.append(1_500.0)
    told = {metric["MetricName"]: metric for metric in of_functions(tally.take())}
    assert {metric["Dimensions"][0]["Value"] for metric in told.values()} == {"writer"}
    assert (told["Invocations"]["Value"], told["Errors"]["Value"]) == (2, 1)
    assert told["Duration"]["StatisticValues"] == {
        "SampleCount": 2, "Sum": 40.0, "Minimum": 10.0, "Maximum": 30.0
    }  # fmt: skip
    assert told["IteratorAge"]["StatisticValues"]["Maximum"] == 1_500.0
    assert of_functions(tally.take()) == []


def test_what_an_api_answered_in_a_period_is_told_once_as_api_gateway_tells_it() -> None:
    tally = Tally(gateway_period.Period)
    for status, milliseconds in ((200, 10.0), (429, 1.0), (404, 2.0), (503, 30.0)):
        tally.of("a1").note(status, milliseconds)
    told = {metric["MetricName"]: metric for metric in of_apis(tally.take())}
    assert {metric["Dimensions"][0]["Value"] for metric in told.values()} == {"a1"}
    assert (told["Count"]["Value"], told["4xx"]["Value"], told["5xx"]["Value"]) == (4, 2, 1)
    assert told["Latency"]["StatisticValues"]["Sum"] == 43.0
    assert of_apis(tally.take()) == []


def test_what_a_distribution_served_in_a_period_is_told_as_cloudfront_tells_it() -> None:
    lines = [
        't "GET /products HTTP/1.1" 200 1500 0.010 Hit',
        't "HEAD /products HTTP/2.0" 200 300 0.010 Miss',
        't "POST /orders HTTP/1.1" 503 700 0.010 Error',
        't "GET /nothing HTTP/1.1" 404 200 0.010 Error',
    ]
    served = [one for one in map(parse, lines) if one]
    told = {metric["MetricName"]: metric for metric in of_distributions({"E1": served, "IDLE": []})}
    for metric in told.values():
        assert metric["Dimensions"] == [
            {"Name": "DistributionId", "Value": "E1"}, {"Name": "Region", "Value": "Global"}
        ]  # fmt: skip
    assert {name: (metric["Value"], metric["Unit"]) for name, metric in told.items()} == {
        "Requests": (4, "None"),
        "BytesDownloaded": (2000, "None"),
        "4xxErrorRate": (25.0, "Percent"),
        "5xxErrorRate": (25.0, "Percent"),
        "TotalErrorRate": (50.0, "Percent"),
    }
