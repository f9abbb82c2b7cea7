"""The instances of a service: born alike from one template, as many as the load asks for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import pulumi
import pulumi_aws as aws

from infra.components import machine, scaling
from infra.components.alarms import Alarm
from infra.components.instance_role import METRICS, group_name
from infra.components.machine import MachineArgs
from infra.components.scaling import ScalingArgs
from infra.components.security_group import SecurityGroup, SecurityGroupArgs

LAUNCH = "launch"
DRAIN = "drain"
"""The lifecycle hooks; `infra/instance/lifecycle.py` completes them."""

GROUP_METRICS = (
    "GroupDesiredCapacity",
    "GroupInServiceInstances",
    "GroupMaxSize",
    "GroupMinSize",
    "GroupPendingInstances",
    "GroupTerminatingInstances",
    "GroupTotalInstances",
)
"""What is measured of a group, free of charge."""

WARM_POOL_METRICS = ("WarmPoolDesiredCapacity", "WarmPoolWarmedCapacity")

TerminationPolicy = Literal[
    "AllocationStrategy", "ClosestToNextInstanceHour", "Default", "NewestInstance", "OldestInstance",
    "OldestLaunchTemplate",
]  # fmt: skip


REPLACED_FIRST: aws.autoscaling.GroupInstanceMaintenancePolicyArgsDict = {
    "min_healthy_percentage": 100,
    "max_healthy_percentage": 200,
}
"""An unhealthy instance goes only once its successor is in service."""


@dataclass(frozen=True, kw_only=True)
class RefreshArgs:
    """How a changed template reaches the instances.

    Attributes:
        min_healthy, max_healthy: percent of the group that are in service, at least and at most, meanwhile.
        checkpoints: percent of the instances after which the refresh rests; empty is a refresh in one go.
        checkpoint_delay: seconds for which it rests.
        alarms: names; one of them in alarm ends the refresh and brings the old template back.
    """

    min_healthy: int = 100
    max_healthy: int = 200
    checkpoints: Sequence[int] = ()
    checkpoint_delay: int = 300
    alarms: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class WarmPoolArgs:
    """Instances that have booted once and wait, for services that boot slower than their load rises.

    Attributes:
        size: of the pool at the least.
        state: how they wait: `Stopped` costs their volumes only.
    """

    size: int
    state: Literal["Stopped", "Hibernated", "Running"] = "Stopped"


@dataclass(frozen=True, kw_only=True)
class FleetArgs:
    """
    Attributes:
        vpc_id: the VPC.
        subnet_ids: private subnets, one a zone.
        machine: what an instance is made of.
        target_group_arns: where they register.
        min_size, max_size: how many there are.
        scaling: how their number follows the load.
        health_check_grace: seconds that a new instance has until failed checks count.
        warm_up: seconds until a new instance's metrics count.
        capacity_timeout: minutes that an `up` waits until the first instances answer.
        refresh: how a changed template reaches them.
        warm_pool: instances that wait; None is none.
        launch_timeout: seconds in which an instance must say that it answers before it counts as launched;
            None does not ask, but a warm pool always does: it would stop an instance while that still boots.
        drain_timeout: seconds that an instance has to finish its requests before it ends.
        max_lifetime_days: days after which an instance is replaced; None is never.
        termination_policies: which instance goes first; zones are kept even before that.
        protect_from_scale_in: let no instance be ended by scaling; for services that end their own.
        after: what must stand before the first instance boots.
    """

    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    machine: MachineArgs
    target_group_arns: Sequence[pulumi.Input[str]]
    min_size: int
    max_size: int
    scaling: ScalingArgs
    health_check_grace: int
    warm_up: int = 60
    capacity_timeout: int = 15
    refresh: RefreshArgs = field(default_factory=RefreshArgs)
    warm_pool: WarmPoolArgs | None = None
    launch_timeout: int | None = None
    drain_timeout: int = 120
    max_lifetime_days: int | None = None
    termination_policies: Sequence[TerminationPolicy] = ("AllocationStrategy", "OldestLaunchTemplate")
    protect_from_scale_in: bool = False
    after: Sequence[pulumi.Resource] = ()


class Fleet(pulumi.ComponentResource):
    """An auto-scaling group that replaces instances whenever their template changes.

    Resources: security group, launch template, auto-scaling group, lifecycle hook, scaling policies
    (those for bursts with alarms), schedules.

    Attributes:
        security_group: may call AWS by HTTPS; nothing may call it until it is allowed.
        alarms: the fleet is at work as hard as it may and does not keep up; memory or disk run out.
    """

    def __init__(self, name: str, args: FleetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:compute:Fleet", name, None, opts)
        self._name = name
        self._child = pulumi.ResourceOptions(parent=self)
        self.security_group = self._create_security_group(args.vpc_id)
        group = self.security_group.resource.id
        self._template = machine.launch_template(name, args.machine, group, self._child)
        self.group = self._create_group(args)
        self._create_drain_hook(args.drain_timeout)
        scaling.scale(name, self.group, args.scaling, args.warm_up, self._child)
        self.alarms = self._alarms(args)
        self.register_outputs({"group_name": self.group.name})

    def _create_security_group(self, vpc_id: pulumi.Input[str]) -> SecurityGroup:
        args = SecurityGroupArgs(vpc_id=vpc_id, description=f"Instances of {self._name}")
        group = SecurityGroup(f"{self._name}-fleet", args, self._child)
        group.allow_https_out()
        return group

    def _create_group(self, args: FleetArgs) -> aws.autoscaling.Group:
        tags: list[aws.autoscaling.GroupTagArgsDict] = [
            {"key": key, "value": value, "propagate_at_launch": True}
            for key, value in {**args.machine.tags, "Name": self._name}.items()
        ]
        # The number, not `$Latest`: only a change of this text starts a refresh.
        single: aws.autoscaling.GroupLaunchTemplateArgsDict = {
            "id": self._template.id,
            "version": self._template.latest_version.apply(str),
        }
        return aws.autoscaling.Group(
            self._name,
            name=group_name(self._name),
            # The desired capacity stays unset: scaling moves it, and an `up` must not move it back.
            min_size=args.min_size,
            max_size=args.max_size,
            vpc_zone_identifiers=args.subnet_ids,
            target_group_arns=args.target_group_arns,
            launch_template=None if args.machine.mixed else single,
            mixed_instances_policy=machine.choice(args.machine, self._template)
            if args.machine.mixed
            else None,
            capacity_rebalance=args.machine.spot is not None,  # replaced when AWS warns, not when it takes
            health_check_type="ELB",
            health_check_grace_period=args.health_check_grace,
            default_instance_warmup=args.warm_up,
            # The first `up` succeeds when the load balancer finds the service healthy, and not before.
            min_elb_capacity=args.min_size,
            wait_for_capacity_timeout=f"{args.capacity_timeout}m",
            instance_refresh=_refresh(args.refresh),
            instance_maintenance_policy=REPLACED_FIRST,
            initial_lifecycle_hooks=_launch_hooks(args),
            warm_pool=_warm_pool(args.warm_pool),
            max_instance_lifetime=86_400 * args.max_lifetime_days if args.max_lifetime_days else None,
            termination_policies=args.termination_policies,
            protect_from_scale_in=args.protect_from_scale_in,
            enabled_metrics=[*GROUP_METRICS, *(WARM_POOL_METRICS if args.warm_pool else ())],
            metrics_granularity="1Minute",
            tags=tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=args.after),
        )

    def _create_drain_hook(self, timeout: int) -> None:
        aws.autoscaling.LifecycleHook(
            f"{self._name}-{DRAIN}",
            name=DRAIN,
            autoscaling_group_name=self.group.name,
            lifecycle_transition="autoscaling:EC2_INSTANCE_TERMINATING",
            heartbeat_timeout=timeout,
            default_result="CONTINUE",
            opts=self._child,
        )

    def _alarms(self, args: FleetArgs) -> list[Alarm]:
        name, busy = self._name, min((args.scaling.cpu or 70) + 20, 95)
        return [
            self._alarm(
                "busy",
                f"{name} cannot scale out any further, or does not; compare services.{name}.max_size.",
                "AWS/EC2",
                "CPUUtilization",
                busy,
            ),
            self._alarm("memory", f"Instances of {name} run out of memory.", METRICS, "mem_used_percent", 90),
            self._alarm("disk", f"Disks of {name} fill up.", METRICS, "disk_used_percent", 85),
        ]

    def _alarm(self, what: str, meaning: str, namespace: str, metric: str, threshold: int) -> Alarm:
        return Alarm(
            name=f"{self._name}-{what}",
            description=meaning,
            namespace=namespace,
            metric=metric,
            dimensions={"AutoScalingGroupName": self.group.name},
            statistic="Average" if what == "busy" else "Maximum",
            threshold=threshold,
            periods=15,
        )


def _refresh(args: RefreshArgs) -> aws.autoscaling.GroupInstanceRefreshArgsDict:
    preferences: aws.autoscaling.GroupInstanceRefreshPreferencesArgsDict = {
        "min_healthy_percentage": args.min_healthy,
        "max_healthy_percentage": args.max_healthy,
        "auto_rollback": True,
        "skip_matching": True,
    }
    if args.checkpoints:
        preferences["checkpoint_percentages"] = args.checkpoints
        preferences["checkpoint_delay"] = str(args.checkpoint_delay)
    if args.alarms:
        preferences["alarm_specification"] = {"alarms": args.alarms}
    return {"strategy": "Rolling", "preferences": preferences}


def _warm_pool(args: WarmPoolArgs | None) -> aws.autoscaling.GroupWarmPoolArgsDict | None:
    if args is None:
        return None
    return {
        "min_size": args.size,
        "pool_state": args.state,
        "instance_reuse_policy": {"reuse_on_scale_in": False},  # one that has served may be broken or old
    }


LAUNCH_TIMEOUT = 600
"""Seconds that a warm pool's instances have, where nothing else is said."""


def _launch_hooks(args: FleetArgs) -> list[aws.autoscaling.GroupInitialLifecycleHookArgsDict] | None:
    if args.warm_pool is None and args.launch_timeout is None:
        return None
    return [
        {
            "name": LAUNCH,
            "lifecycle_transition": "autoscaling:EC2_INSTANCE_LAUNCHING",
            "heartbeat_timeout": args.launch_timeout or LAUNCH_TIMEOUT,
            "default_result": "ABANDON",
        }
    ]
