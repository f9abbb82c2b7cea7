"""The requests of a period as metrics, named and told apart as AWS does."""

from typing import Any

from scripts.local.runtime.balancers.access_log import Answered
from scripts.local.runtime.control.datum import Datum
from scripts.local.runtime.control.traffic import Hosts, of_balancer, of_group

GROUP = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/shop/73e2"
BALANCER = "app/shop/50dc"


def answered(status: int, seconds: float = 0.1) -> Answered:
    return Answered(status=status, group=GROUP, target_status=status, seconds=seconds)


def values(metrics: list[Datum]) -> dict[tuple[str, ...], Any]:
    """Values by name and the names of dimensions."""
    return {
        (metric["MetricName"], *(one["Name"] for one in metric["Dimensions"])): metric.get("Value")
        or metric.get("StatisticValues")
        or 0
        for metric in metrics
    }


def test_a_group_has_requests_answers_times_and_the_share_of_each_healthy_target() -> None:
    hosts = Hosts(group=GROUP, balancer=BALANCER, healthy=2, unhealthy=1)
    metrics = of_group(hosts, [answered(200, 0.1), answered(201, 0.3), answered(503, 0.2)])
    both = ("LoadBalancer", "TargetGroup")
    times = values(metrics)["TargetResponseTime", *both]
    assert (times["SampleCount"], times["Minimum"], times["Maximum"]) == (3, 0.1, 0.3)
    found = values(metrics)
    assert found["RequestCount", *both] == 3
    assert found["RequestCountPerTarget", *both] == found["RequestCountPerTarget", "TargetGroup"] == 1.5
    assert found["HTTPCode_Target_2XX_Count", *both] == 2
    assert found["HTTPCode_Target_5XX_Count", *both] == 1
    assert (found["HealthyHostCount", *both], found["UnHealthyHostCount", *both]) == (2, 1)
    assert metrics[0]["Dimensions"] == [
        {"Name": "LoadBalancer", "Value": BALANCER},
        {"Name": "TargetGroup", "Value": "targetgroup/shop/73e2"},
    ]


def test_a_quiet_period_still_counts_no_requests_and_has_nothing_to_say_of_answers() -> None:
    found = values(of_group(Hosts(group=GROUP, balancer=BALANCER, healthy=0, unhealthy=0), []))
    assert {name for name, *_ in found} == {"RequestCount", "HealthyHostCount", "UnHealthyHostCount"}
    assert found["RequestCount", "LoadBalancer", "TargetGroup"] == 0


def test_what_the_load_balancer_answers_itself_is_no_request_to_a_target() -> None:
    own = Answered(status=403, group="", target_status=None, seconds=None)
    unreachable = Answered(status=502, group=GROUP, target_status=None, seconds=None)
    found = values(of_balancer(BALANCER, [own, unreachable, answered(200)]))
    assert found["RequestCount", "LoadBalancer"] == 2
    assert found["HTTPCode_ELB_4XX_Count", "LoadBalancer"] == 1
    assert found["HTTPCode_ELB_5XX_Count", "LoadBalancer"] == 1
    assert found["HTTPCode_Target_2XX_Count", "LoadBalancer"] == 1
