"""Every argument of every component reaches a resource: none is accepted and dropped."""

import dataclasses
import functools
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

import infra.components
from infra.components import (
    alarms,
    artifacts,
    bucket,
    cache,
    cdn,
    database,
    email_identity,
    fleet,
    function,
    gateway,
    load_balancer,
    network,
    parameters,
    policy,
    queue,
    security_group,
    stream,
    tables,
)
from infra.manifest import Manifest, ManifestEntry
from scripts.evaluation.recorder import record

Change = Callable[[Any], Any]


@dataclass(frozen=True, kw_only=True)
class Example:
    """How one makes something from arguments, with arguments to make it from.

    Attributes:
        make: makes it; registers resources.
        args: makes the arguments, inside of a running program.
        changes: another value for arguments that cannot be changed by their type alone.
    """

    make: Callable[[Any], object]
    args: Callable[[], Any]
    changes: Mapping[str, Change] = dataclasses.field(default_factory=dict)


def manifest(name: str) -> Manifest:
    entry = ManifestEntry(file=f"{name}.zip", sha256="ab" * 32, size=1)
    return Manifest(folder=Path("/nowhere"), platform="arm64", python="3.13", artifacts={name: entry})


def artifact(key: str) -> artifacts.Artifact:
    return artifacts.Artifact(
        bucket=pulumi.Output.from_input("artifacts"), key=pulumi.Output.from_input(key), sha256="ab" * 32
    )


def a_bucket(name: str) -> bucket.Bucket:
    return bucket.Bucket(name, bucket.BucketArgs(account_id="1", protect=False, served_by_cdn=True))


def function_args() -> function.FunctionArgs:
    return function.FunctionArgs(
        artifact=artifact("one"),
        python="3.13",
        architecture="arm64",
        memory=128,
        timeout=3,
        environment={"A": "a"},
        vpc_id="vpc",
        subnet_ids=["subnet"],
        last_security_group_id="last",
        log_retention_days=3,
        after=[],
    )


def a_function(name: str = "other") -> function.Function:
    return function.Function(name, function_args())


def a_queue() -> queue.Queue:
    return queue.Queue("q", queue.QueueArgs(visibility_timeout=30, max_receives=5, retention_days=4))


def a_stream() -> stream.Stream:
    return stream.Stream("s", stream.StreamArgs(shards=1, retention_hours=24))


@dataclass(frozen=True)
class Watched:
    """Something that reports one alarm."""

    alarm: alarms.Alarm

    @property
    def alarms(self) -> list[alarms.Alarm]:
        return [self.alarm]


def make_routes(target: Any) -> object:
    return load_balancer.LoadBalancer("it", target).route(
        "shop", patterns=["/*"], port=80, health_path="/live"
    )


def make_alarm(target: Any) -> None:
    alarms.Alarms("it", alarms.AlarmsArgs()).watch(Watched(target))


EXAMPLES: Mapping[type, Example] = {
    alarms.AlarmsArgs: Example(
        make=lambda args: alarms.Alarms("it", args),
        args=alarms.AlarmsArgs,
        changes={"email": lambda _: "a@example.com"},
    ),
    alarms.Alarm: Example(
        make=make_alarm,
        args=lambda: alarms.Alarm(
            name="n", description="d", namespace="N", metric="m", dimensions={"A": "a"}, threshold=1
        ),
    ),
    artifacts.ArtifactsArgs: Example(
        make=lambda args: artifacts.Artifacts("it", args),
        args=lambda: artifacts.ArtifactsArgs(manifest=manifest("one"), account_id="1", protect=False),
        changes={"manifest": lambda _: manifest("two")},
    ),
    bucket.BucketArgs: Example(
        make=lambda args: bucket.Bucket("it", args),
        args=lambda: bucket.BucketArgs(account_id="1", protect=False, served_by_cdn=False),
    ),
    cache.CacheArgs: Example(
        make=lambda args: cache.Cache("it", args),
        args=lambda: cache.CacheArgs(
            vpc_id="vpc",
            subnet_ids=["subnet"],
            engine_version="8.0",
            node_type="t",
            nodes=2,
            automatic_failover=True,
            transit_encryption=True,
            protect=False,
        ),
    ),
    cdn.CdnArgs: Example(
        make=lambda args: cdn.Cdn("it", args),
        args=lambda: cdn.CdnArgs(
            site=a_bucket("one"),
            service_domain="service",
            file_patterns=["/f"],
            cached_patterns=["/c"],
            live_patterns=["/l"],
        ),
        changes={"site": lambda _: a_bucket("two")},
    ),
    database.DatabaseArgs: Example(
        make=lambda args: database.Database("it", args),
        args=lambda: database.DatabaseArgs(
            vpc_id="vpc",
            subnet_ids=["subnet"],
            engine_version="17",
            instance_class="c",
            storage=20,
            max_storage=100,
            database_name="db",
            username="user",
            replicas=1,
            multi_az=False,
            backup_retention_days=1,
            force_ssl=True,
            log_retention_days=3,
            protect=False,
        ),
    ),
    email_identity.EmailIdentityArgs: Example(
        make=lambda args: email_identity.EmailIdentity("it", args),
        args=lambda: email_identity.EmailIdentityArgs(sender="a@example.com"),
    ),
    fleet.FleetArgs: Example(
        make=lambda args: fleet.Fleet("it", args),
        args=lambda: fleet.FleetArgs(
            vpc_id="vpc",
            subnet_ids=["subnet"],
            image_id="ami",
            instance_type="t",
            volume_size=8,
            user_data="ZGF0YQ==",
            description="d",
            instance_profile_arn="profile",
            target_group_arns=["group"],
            min_size=1,
            max_size=2,
            cpu_target=50,
            health_check_grace=60,
            tags={"A": "a"},
            after=[],
        ),
        changes={"after": lambda _: [a_bucket("first")]},
    ),
    function.FunctionArgs: Example(
        make=lambda args: function.Function("it", args),
        args=function_args,
        changes={"artifact": lambda _: artifact("two"), "after": lambda _: [a_bucket("first")]},
    ),
    function.QueueMapping: Example(
        make=lambda args: a_function().consumes_queue("q", a_queue(), args),
        args=lambda: function.QueueMapping(batch_size=1, batch_window=1),
    ),
    function.StreamMapping: Example(
        make=lambda args: a_function().consumes_stream("s", a_stream(), args, queue.DeadLetterQueue("d")),
        args=lambda: function.StreamMapping(
            batch_size=1, batch_window=1, parallelisation=1, max_retries=1, max_age=60
        ),
    ),
    gateway.GatewayArgs: Example(
        make=lambda args: gateway.Gateway("it", args),
        args=lambda: gateway.GatewayArgs(function=a_function("one"), rate=1, burst=1),
        changes={"function": lambda _: a_function("two")},
    ),
    load_balancer.LoadBalancerArgs: Example(
        make=make_routes,
        args=lambda: load_balancer.LoadBalancerArgs(
            vpc_id="vpc", subnet_ids=["subnet"], clients_prefix_list_id="list", protect=False
        ),
    ),
    network.NetworkArgs: Example(
        make=lambda args: network.Network("it", args),
        args=lambda: network.NetworkArgs(
            cidr=IPv4Network("10.0.0.0/16"),
            zones=["a", "b"],
            region="eu-west-1",
            nat="single",
            interface_endpoints=["ssm"],
        ),
        changes={"nat": lambda _: "per_zone"},
    ),
    parameters.ParametersArgs: Example(
        make=lambda args: parameters.Parameters("it", args).grant_read(
            policy.service_role("r", "ec2.amazonaws.com", "d", pulumi.ResourceOptions())
        ),
        args=lambda: parameters.ParametersArgs(
            path="/a/b/", values={"A": "a"}, region="eu-west-1", account_id="1"
        ),
    ),
    queue.QueueArgs: Example(
        make=lambda args: queue.Queue("it", args),
        args=lambda: queue.QueueArgs(visibility_timeout=30, max_receives=5, retention_days=4),
    ),
    security_group.SecurityGroupArgs: Example(
        make=lambda args: security_group.SecurityGroup("it", args),
        args=lambda: security_group.SecurityGroupArgs(vpc_id="vpc", description="d"),
    ),
    stream.StreamArgs: Example(
        make=lambda args: stream.Stream("it", args),
        args=lambda: stream.StreamArgs(shards=1, retention_hours=24),
    ),
    tables.TablesArgs: Example(
        make=lambda args: tables.Tables("it", args),
        args=lambda: tables.TablesArgs(tables={"t": tables.Table(key="id", expires="at")}, protect=False),
        changes={"tables": lambda old: {**old, "u": tables.Table(key="id", expires="at")}},
    ),
    tables.Table: Example(
        make=lambda args: tables.Tables("it", tables.TablesArgs(tables={"t": args}, protect=False)),
        args=lambda: tables.Table(key="id", expires="at"),
    ),
}


def changed(value: object) -> object:
    """Another value of the same kind."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return f"{value}-other"
        case IPv4Network():
            return IPv4Network("10.99.0.0/16")
        case dict():
            return {**value, "Other": "other"}
        case [first, *_]:
            return [*value, changed(first)]
        case _:
            raise TypeError(f"how does one change {value!r}?")


def registered(example: Example, changes: Mapping[str, Change]) -> set[str]:
    """Everything that the example registers, with these of its arguments changed."""

    def program() -> None:
        args = example.args()
        others = {name: change(getattr(args, name)) for name, change in changes.items()}
        example.make(dataclasses.replace(args, **others))

    found = record(program).resources.values()
    return {repr((it.type, it.name, sorted(it.inputs.items()), it.dependencies, it.protect)) for it in found}


@functools.cache
def unchanged(cls: type) -> frozenset[str]:
    """Everything that the example of `cls` registers as it stands."""
    return frozenset(registered(EXAMPLES[cls], {}))


CASES = [(cls, field.name) for cls in EXAMPLES for field in dataclasses.fields(cls)]


@pytest.mark.parametrize(("cls", "name"), CASES, ids=[f"{cls.__name__}.{name}" for cls, name in CASES])
def test_every_argument_reaches_a_resource(cls: type, name: str) -> None:
    example = EXAMPLES[cls]
    change = example.changes.get(name, changed)
    assert registered(example, {name: change}) != unchanged(cls), f"{cls.__name__}.{name} changes nothing"


def test_no_arguments_class_lacks_an_example() -> None:
    """Whatever a component takes by a dataclass of this package; what it only hands out needs none."""
    modules = [
        importlib.import_module(f"{infra.components.__name__}.{found.name}")
        for found in pkgutil.iter_modules(infra.components.__path__)
    ]
    classes = {
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and dataclasses.is_dataclass(value) and value.__module__ == module.__name__
    }
    handed_out = {artifacts.Artifact, policy.Role}
    assert classes - handed_out == EXAMPLES.keys()


def test_arguments_are_frozen_and_by_keyword_only() -> None:
    for cls in EXAMPLES:
        parameters_of_cls = cls.__dataclass_params__  # type: ignore[attr-defined] # of every dataclass
        assert parameters_of_cls.frozen, cls
        assert all(field.kw_only for field in dataclasses.fields(cls)), cls


def test_an_example_that_ignores_an_argument_would_be_noticed() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Args:
        used: str = "a"
        dropped: str = "b"

    example = Example(make=lambda args: aws.sns.Topic("t", name=args.used), args=Args)
    assert registered(example, {"used": changed}) != registered(example, {})
    assert registered(example, {"dropped": changed}) == registered(example, {})
