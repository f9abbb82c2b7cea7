"""Measures instances, load balancers and functions; CloudWatch has it under the names that AWS uses."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from scripts.local.runtime.balancers import Balancers
from scripts.local.runtime.balancers.access_log import AccessLog, Answered
from scripts.local.runtime.context import Context
from scripts.local.runtime.control import groups, traffic
from scripts.local.runtime.control.cpu import CpuMeter
from scripts.local.runtime.control.datum import Datum, several
from scripts.local.runtime.control.groups import Group
from scripts.local.runtime.control.minute import MINUTE
from scripts.local.runtime.fleets import Fleets, Member

# CloudWatch takes so many in a call.
LIMIT = 1_000

Told = Mapping[str, Callable[[], list[Datum]]]
"""By namespace: what says what was counted there since it was asked last."""


class Metrics:
    """Publishes what each period was like: AWS/EC2, AWS/ApplicationELB, and what others have counted."""

    name = "metrics"

    def __init__(self, context: Context, fleets: Fleets, balancers: Balancers, told: Told) -> None:
        self._context = context
        self._fleets = fleets
        self._balancers = balancers
        self._told = told
        self._cpu = CpuMeter()
        self._logs: dict[str, AccessLog] = {}

    async def step(self, now: float) -> None:
        """Publish the period that ended `now`, in seconds since the epoch."""
        members = self._fleets.members()
        found = await groups.read(self._context.aws)
        used = self._cpu.measure([member.pid for member in members if member.pid is not None], now)
        await self._publish("AWS/EC2", of_instances(members, used, found, now), now)
        await self._publish("AWS/ApplicationELB", self._of_balancers(), now)
        for namespace, counted in self._told.items():
            await self._publish(namespace, counted(), now)

    def _of_balancers(self) -> list[Datum]:
        answers = self._read_logs()
        metrics = [datum for name, some in answers.items() for datum in traffic.of_balancer(name, some)]
        for hosts in self._hosts():
            some = [one for one in answers.get(hosts.balancer, []) if one.group == hosts.group]
            metrics += traffic.of_group(hosts, some)
        return metrics

    def _read_logs(self) -> dict[str, list[Answered]]:
        """Return the requests of each load balancer; of one that is new, those from now on."""
        paths = self._balancers.logs()
        answers = {name: list(log.read()) for name, log in self._logs.items() if name in paths}
        self._logs = {name: self._logs.get(name) or AccessLog(path) for name, path in paths.items()}
        return answers

    def _hosts(self) -> list[traffic.Hosts]:
        return [
            traffic.Hosts(
                group=group.arn,
                balancer=balancer.partition(":loadbalancer/")[2],
                healthy=sum(health.state == "healthy" for health in targets.values()),
                unhealthy=sum(health.state == "unhealthy" for health in targets.values()),
            )
            for group, targets in self._balancers.hosts().items()
            for balancer in group.balancers
        ]

    async def _publish(self, namespace: str, metrics: Sequence[Datum], now: float) -> None:
        began = datetime.fromtimestamp(now - MINUTE, tz=UTC)
        stamped = [{**datum, "Timestamp": began, "StorageResolution": 1} for datum in metrics]
        for start in range(0, len(stamped), LIMIT):
            await self._context.aws.call(
                "cloudwatch",
                "put_metric_data",
                Namespace=namespace,
                MetricData=stamped[start : start + LIMIT],
            )


def of_instances(
    members: Sequence[Member], used: Mapping[int, float], found: Mapping[str, Group], now: float
) -> list[Datum]:
    """Return the CPU of each instance and of each group; `used` is in percent, by process id.

    An instance that warms up does not count in its group's metric (Amazon EC2 Auto Scaling User Guide, "Set
    the default instance warmup").
    """
    metrics, of_groups = [], dict[str, list[float]]()
    for member in members:
        percent = None if member.pid is None else used.get(member.pid)
        if percent is None:
            continue
        metrics.append(_cpu({"InstanceId": member.instance}, [percent]))
        group = found.get(member.group)
        if group is not None and group.is_warm(member, now):
            of_groups.setdefault(member.group, []).append(percent)
    of_all = [_cpu({"AutoScalingGroupName": name}, values) for name, values in of_groups.items()]
    return [*metrics, *of_all]


def _cpu(dimensions: Mapping[str, str], values: Sequence[float]) -> Datum:
    return several("CPUUtilization", dimensions, values, "Percent")
