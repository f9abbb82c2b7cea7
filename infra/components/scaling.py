"""How a fleet follows its load: by what is measured now, by the clock, and by what was measured before."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pulumi
import pulumi_aws as aws

from infra.components import burst
from infra.components.burst import BurstArgs

KEEP = -1
"""A size that a schedule leaves as it is; the provider takes a missing one for 0."""

MODES = {"forecast": "ForecastOnly", "scale": "ForecastAndScale"}


@dataclass(frozen=True, kw_only=True)
class RequestsArgs:
    """Scaling by how many requests an instance answers.

    Attributes:
        target: requests a minute and instance that scaling aims at.
        load_balancer, target_group: the suffixes of their ARNs.
        burst: add instances after one minute of far more requests.
    """

    target: int
    load_balancer: pulumi.Input[str]
    target_group: pulumi.Input[str]
    burst: bool = True


@dataclass(frozen=True, kw_only=True)
class ScheduleArgs:
    """Sizes that hold from a time on, until another schedule changes them.

    Attributes:
        cron: when, in five fields: `0 8 * * MON-FRI`.
        time_zone: of `cron`, such as `Europe/Berlin`.
        min_size, max_size: None leaves it as it is.
    """

    cron: str
    time_zone: str
    min_size: int | None = None
    max_size: int | None = None


@dataclass(frozen=True, kw_only=True)
class ScalingArgs:
    """
    Attributes:
        cpu: average CPU in percent that scaling aims at; None does not look at it.
        cpu_burst: add instances after one minute of far more CPU, which must be measured every minute.
        requests: likewise of requests; None does not look at them. The larger answer of the two holds.
        predictive: learn a fortnight's days and launch ahead of them (`scale`), or only show what would be
            launched (`forecast`), to be trusted first; needs `cpu`.
        schedules: sizes by the clock.
    """

    cpu: int | None = None
    cpu_burst: bool = True
    requests: RequestsArgs | None = None
    predictive: Literal["off", "forecast", "scale"] = "off"
    schedules: Mapping[str, ScheduleArgs] = field(default_factory=dict)


def scale(
    name: str, group: aws.autoscaling.Group, args: ScalingArgs, warm_up: int, opts: pulumi.ResourceOptions
) -> None:
    """Attach the policies and schedules of `args` to `group`; `warm_up` is an instance's, in seconds."""
    if args.cpu is not None:
        _track(f"{name}-cpu", group, args.cpu, {"predefined_metric_type": "ASGAverageCPUUtilization"}, opts)
        if args.cpu_burst:
            burst.answer(name, "cpu", group, _burst_of_cpu(args.cpu, group, warm_up), opts)
    if args.requests is not None:
        label = pulumi.Output.concat(args.requests.load_balancer, "/", args.requests.target_group)
        metric: aws.autoscaling.PolicyTargetTrackingConfigurationPredefinedMetricSpecificationArgsDict = {
            "predefined_metric_type": "ALBRequestCountPerTarget",
            "resource_label": label,
        }
        _track(f"{name}-requests", group, args.requests.target, metric, opts)
        if args.requests.burst:
            burst.answer(name, "requests", group, _burst_of_requests(args.requests, warm_up), opts)
    if args.predictive != "off" and args.cpu is not None:
        aws.autoscaling.Policy(
            f"{name}-forecast",
            name=f"{name}-forecast",
            autoscaling_group_name=group.name,
            policy_type="PredictiveScaling",
            predictive_scaling_configuration=_forecast(args.cpu, MODES[args.predictive], warm_up),
            opts=opts,
        )
    for schedule, at in args.schedules.items():
        aws.autoscaling.Schedule(
            f"{name}-{schedule}",
            scheduled_action_name=schedule,
            autoscaling_group_name=group.name,
            recurrence=at.cron,
            time_zone=at.time_zone,
            min_size=KEEP if at.min_size is None else at.min_size,
            max_size=KEEP if at.max_size is None else at.max_size,
            desired_capacity=KEEP,
            opts=opts,
        )


def _track(
    name: str,
    group: aws.autoscaling.Group,
    target: int,
    metric: aws.autoscaling.PolicyTargetTrackingConfigurationPredefinedMetricSpecificationArgsDict,
    opts: pulumi.ResourceOptions,
) -> None:
    aws.autoscaling.Policy(
        name,
        name=name,
        autoscaling_group_name=group.name,
        policy_type="TargetTrackingScaling",
        target_tracking_configuration={"predefined_metric_specification": metric, "target_value": target},
        opts=opts,
    )


def _burst_of_cpu(target: int, group: aws.autoscaling.Group, warm_up: int) -> BurstArgs:
    return BurstArgs(
        namespace="AWS/EC2",
        metric="CPUUtilization",
        dimensions={"AutoScalingGroupName": group.name},
        statistic="Average",
        steps=burst.cpu_steps(target),
        warm_up=warm_up,
    )


def _burst_of_requests(args: RequestsArgs, warm_up: int) -> BurstArgs:
    return BurstArgs(
        namespace="AWS/ApplicationELB",
        metric="RequestCountPerTarget",
        dimensions={"LoadBalancer": args.load_balancer, "TargetGroup": args.target_group},
        statistic="Sum",  # of what an instance gets; no other statistic means anything
        steps=burst.request_steps(args.target),
        warm_up=warm_up,
    )


def _forecast(
    cpu: int, mode: str, warm_up: int
) -> aws.autoscaling.PolicyPredictiveScalingConfigurationArgsDict:
    return {
        "mode": mode,
        "scheduling_buffer_time": str(warm_up),  # launched so much ahead that they are warm in time
        "max_capacity_breach_behavior": "HonorMaxCapacity",
        "metric_specification": {
            "target_value": cpu,
            "predefined_metric_pair_specification": {"predefined_metric_type": "ASGCPUUtilization"},
        },
    }
