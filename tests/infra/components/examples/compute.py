"""Examples of the components of compute."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import pulumi

from infra.components import (
    burst,
    fleet,
    function,
    instance_role,
    machine,
    observability,
    outbox,
    queue,
    scaling,
    service_log,
)
from tests.infra.components.examples.example import Example
from tests.infra.components.examples.operations import observability_args
from tests.infra.components.examples.parts import (
    a_bucket,
    a_function,
    a_queue,
    a_stream,
    artifact,
    function_args,
)

REQUESTS = scaling.RequestsArgs(target=100, load_balancer="app/it/1", target_group="targetgroup/it/2")


def machine_args(**more: Any) -> machine.MachineArgs:
    given: dict[str, Any] = {
        "image_id": "ami",
        "instance_types": ["t"],
        "user_data": "ZGF0YQ==",
        "description": "d",
        "instance_profile_arn": "profile",
        "volume": machine.VolumeArgs(size=8),
        "tags": {"A": "a"},
    }
    return machine.MachineArgs(**given | more)


def fleet_args(**more: Any) -> fleet.FleetArgs:
    given: dict[str, Any] = {
        "vpc_id": "vpc",
        "subnet_ids": ["subnet"],
        "machine": machine_args(),
        "target_group_arns": ["group"],
        "min_size": 1,
        "max_size": 2,
        "scaling": scaling.ScalingArgs(cpu=50),
        "health_check_grace": 60,
    }
    return fleet.FleetArgs(**given | more)


def make_reader(mapping: Any) -> None:
    """A function that reads a stream, with its alarms."""
    reader = a_function()
    reader.consumes_stream("s", a_stream(), mapping, queue.DeadLetterQueue("d"))
    observability.Observability("it", observability_args(*reader.alarms))


def make_burst(args: burst.BurstArgs) -> None:
    """A fleet that answers bursts of CPU as it is told."""
    burst.answer("it", "load", fleet.Fleet("it", fleet_args()).group, args, pulumi.ResourceOptions())


EXAMPLES: Mapping[type, Example] = {
    fleet.FleetArgs: Example(
        make=lambda args: fleet.Fleet("it", args),
        args=fleet_args,
        changes={
            "machine": lambda old: dataclasses.replace(old, image_id="other"),
            "scaling": lambda old: dataclasses.replace(old, cpu=51),
            "refresh": lambda old: dataclasses.replace(old, min_healthy=90),
            "warm_pool": lambda _: fleet.WarmPoolArgs(size=1),
            "launch_timeout": lambda _: 60,
            "max_lifetime_days": lambda _: 7,
            "termination_policies": lambda _: ["OldestInstance"],
            "after": lambda _: [a_bucket("first")],
        },
    ),
    fleet.RefreshArgs: Example(
        make=lambda args: fleet.Fleet("it", fleet_args(refresh=args)),
        args=lambda: fleet.RefreshArgs(checkpoints=[50, 100], alarms=["errors"]),
    ),
    fleet.WarmPoolArgs: Example(
        make=lambda args: fleet.Fleet("it", fleet_args(warm_pool=args)),
        args=lambda: fleet.WarmPoolArgs(size=1),
        changes={"state": lambda _: "Running"},
    ),
    instance_role.InstanceRoleArgs: Example(
        make=lambda args: instance_role.InstanceRole("it", args),
        args=lambda: instance_role.InstanceRoleArgs(region="eu-west-1", account_id="1"),
    ),
    machine.MachineArgs: Example(
        make=lambda args: fleet.Fleet("it", fleet_args(machine=args)),
        args=machine_args,
        changes={
            "volume": lambda _: machine.VolumeArgs(size=9),
            "spot": lambda _: machine.SpotArgs(percent=50, on_demand_base=1),
            "cpu_credits": lambda _: "standard",
        },
    ),
    machine.VolumeArgs: Example(
        make=lambda args: fleet.Fleet("it", fleet_args(machine=machine_args(volume=args))),
        args=lambda: machine.VolumeArgs(size=8, iops=4_000, throughput=250, kms_key_arn="key"),
    ),
    machine.SpotArgs: Example(
        make=lambda args: fleet.Fleet("it", fleet_args(machine=machine_args(spot=args))),
        args=lambda: machine.SpotArgs(percent=50, on_demand_base=1),
    ),
    scaling.ScalingArgs: Example(
        make=lambda args: fleet.Fleet("it", fleet_args(scaling=args)),
        args=lambda: scaling.ScalingArgs(
            cpu=50, schedules={"day": scaling.ScheduleArgs(cron="0 8 * * *", time_zone="UTC", min_size=2)}
        ),
        changes={
            "requests": lambda _: REQUESTS,
            "predictive": lambda _: "forecast",
            "schedules": lambda old: {**old, "night": old["day"]},
        },
    ),
    burst.BurstArgs: Example(
        make=make_burst,
        args=lambda: burst.BurstArgs(
            namespace="AWS/EC2",
            metric="CPUUtilization",
            dimensions={"AutoScalingGroupName": "it"},
            statistic="Average",
            steps={80: 50, 90: 100},
            warm_up=60,
        ),
        changes={"steps": lambda _: {80: 50}},
    ),
    scaling.RequestsArgs: Example(
        make=lambda args: fleet.Fleet("it", fleet_args(scaling=scaling.ScalingArgs(requests=args))),
        args=lambda: REQUESTS,
    ),
    scaling.ScheduleArgs: Example(
        make=lambda args: fleet.Fleet("it", fleet_args(scaling=scaling.ScalingArgs(schedules={"day": args}))),
        args=lambda: scaling.ScheduleArgs(cron="0 8 * * *", time_zone="UTC", min_size=2, max_size=3),
    ),
    service_log.ServiceLogArgs: Example(
        make=lambda args: service_log.ServiceLog("it", args),
        args=lambda: service_log.ServiceLogArgs(path="/a/b", retention_days=3, kms_key_arn="key"),
    ),
    outbox.OutboxArgs: Example(
        make=lambda args: outbox.Outbox("it", args),
        args=lambda: outbox.OutboxArgs(logs={"shop": "/a/b"}),
        changes={"logs": lambda _: {"shop": "/a/c"}},
    ),
    function.FunctionArgs: Example(
        make=lambda args: function.Function("it", args),
        args=function_args,
        changes={
            "artifact": lambda _: artifact("two"),
            "log_level": lambda _: "ERROR",
            "log_format": lambda _: "Text",
            "reserved_concurrency": lambda _: 5,
            "provisioned_concurrency": lambda _: 5,
            "kms_key_arn": lambda _: "key",
            "after": lambda _: [a_bucket("first")],
        },
    ),
    function.QueueMapping: Example(
        make=lambda args: a_function().consumes_queue("q", a_queue(), args),
        args=lambda: function.QueueMapping(batch_size=1, batch_window=1),
        changes={"max_concurrency": lambda _: 2, "filters": lambda _: [{"body": {"paid": [True]}}]},
    ),
    function.AsynchronousArgs: Example(
        make=lambda args: a_function().limit_asynchronous(args, queue.DeadLetterQueue("d")),
        args=lambda: function.AsynchronousArgs(retries=1, max_age=60),
    ),
    function.StreamMapping: Example(
        make=make_reader,
        args=lambda: function.StreamMapping(
            batch_size=1, batch_window=1, parallelisation=1, max_retries=1, max_age=60
        ),
        changes={
            "starting_position": lambda _: "LATEST",
            "filters": lambda _: [{"data": {"courier": [{"exists": True}]}}],
        },
    ),
}
