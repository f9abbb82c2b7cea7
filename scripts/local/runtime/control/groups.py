"""Auto-scaling groups, as Auto Scaling describes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.control.minute import shortened
from scripts.local.runtime.fleets import Member

SURPLUS = "blueprint:surplus"
"""The tag of a group that is refreshed: how many instances it has for now beyond its capacity."""


@dataclass(frozen=True, kw_only=True)
class Instance:
    """An instance in service: whether Auto Scaling takes it for healthy; its version of the template."""

    identifier: str
    healthy: bool
    version: str


@dataclass(frozen=True, kw_only=True)
class Group:
    """A group: its sizes, and the processes of Auto Scaling that rest.

    `warm_up` and `grace`, in which a new instance's checks do not count, are in AWS's seconds; `health_check`
    is ELB or EC2; `instances` are those in service; `version` is the template's that new ones are from;
    `surplus` is how many a refresh has launched that have not taken an old one's place yet.
    """

    name: str
    minimum: int
    maximum: int
    desired: int
    warm_up: float
    suspended: frozenset[str]
    health_check: str = "EC2"
    grace: float = 0.0
    instances: tuple[Instance, ...] = ()
    version: str = ""
    surplus: int = 0

    def is_warm(self, member: Member, now: float) -> bool:
        """Tell whether an instance has served for longer than the warm-up at `now`, since the epoch."""
        since = member.served_since
        return since is not None and now - since >= shortened(self.warm_up)


async def read(aws: Aws) -> dict[str, Group]:
    """Return all groups by name."""
    answer = await aws.collect("autoscaling", "describe_auto_scaling_groups")
    return {one["AutoScalingGroupName"]: _group(one) for one in answer["AutoScalingGroups"]}


def _template(described: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the template of a group, of one type or of several; versions are numbers where we deploy."""
    mixed = described.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
    found: Mapping[str, str] = mixed.get("LaunchTemplateSpecification") or described.get("LaunchTemplate", {})
    return found


def _group(described: Mapping[str, Any]) -> Group:
    suspended: Sequence[Mapping[str, str]] = described.get("SuspendedProcesses", [])
    return Group(
        name=described["AutoScalingGroupName"],
        minimum=described["MinSize"],
        maximum=described["MaxSize"],
        desired=described["DesiredCapacity"],
        warm_up=described.get("DefaultInstanceWarmup") or 0,
        suspended=frozenset(process["ProcessName"] for process in suspended),
        health_check=described["HealthCheckType"],
        grace=described.get("HealthCheckGracePeriod") or 0,
        instances=tuple(
            Instance(
                identifier=one["InstanceId"],
                healthy=one["HealthStatus"] == "Healthy",
                version=one.get("LaunchTemplate", {}).get("Version", ""),
            )
            for one in described["Instances"]
            if one["LifecycleState"] == "InService"
        ),
        version=_template(described).get("Version", ""),
        surplus=next((int(tag["Value"]) for tag in described["Tags"] if tag["Key"] == SURPLUS), 0),
    )
