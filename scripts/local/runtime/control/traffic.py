"""What a load balancer's access log of a period comes to, as metrics of AWS/ApplicationELB.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from scripts.local.runtime.balancers.access_log import Answered
from scripts.local.runtime.control.datum import Datum, several, single

COUNT = "Count"


@dataclass(frozen=True, kw_only=True)
class Hosts:
    """A target group by its ARN, behind a load balancer, and how many of its targets are healthy or not."""

    group: str
    balancer: str
    healthy: int
    unhealthy: int

    @property
    def dimensions(self) -> dict[str, str]:
        """What its metrics are told apart by."""
        return {"LoadBalancer": self.balancer, "TargetGroup": short_name(self.group)}


def short_name(group: str) -> str:
    """Return what a target group's ARN is called in metrics: `targetgroup/NAME/ID`."""
    return group.rpartition(":")[2]


def of_balancer(balancer: str, answers: Sequence[Answered]) -> list[Datum]:
    """Return the metrics of a load balancer, by its full name, from the requests of a period."""
    return [
        *_of_requests({"LoadBalancer": balancer}, [one for one in answers if one.group]),
        *_counts(
            {"LoadBalancer": balancer},
            "HTTPCode_ELB_{}XX_Count",
            (one.status for one in answers if one.target_status is None),
        ),
    ]


def of_group(hosts: Hosts, answers: Sequence[Answered]) -> list[Datum]:
    """Return the metrics of a target group from the requests that were forwarded to it in a period."""
    dimensions = hosts.dimensions
    metrics = [
        *_of_requests(dimensions, answers),
        single("HealthyHostCount", dimensions, hosts.healthy, COUNT),
        single("UnHealthyHostCount", dimensions, hosts.unhealthy, COUNT),
    ]
    if hosts.healthy:
        share = len(answers) / hosts.healthy
        alone: Mapping[str, str] = {"TargetGroup": dimensions["TargetGroup"]}
        metrics += [single("RequestCountPerTarget", told, share, "None") for told in (dimensions, alone)]
    return metrics


def _of_requests(dimensions: Mapping[str, str], answers: Sequence[Answered]) -> list[Datum]:
    """The count is always reported, the rest where there is any."""
    metrics = [
        single("RequestCount", dimensions, len(answers), COUNT),
        *_counts(
            dimensions,
            "HTTPCode_Target_{}XX_Count",
            (one.target_status for one in answers if one.target_status is not None),
        ),
    ]
    times = [one.seconds for one in answers if one.seconds is not None]
    if times:
        metrics.append(several("TargetResponseTime", dimensions, times, "Seconds"))
    return metrics


def _counts(dimensions: Mapping[str, str], name: str, statuses: Iterable[int]) -> list[Datum]:
    classes = Counter(status // 100 for status in statuses)
    return [single(name.format(kind), dimensions, count, COUNT) for kind, count in sorted(classes.items())]
