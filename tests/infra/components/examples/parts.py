"""Components that others are given in examples."""

from pathlib import Path
from typing import Any

import pulumi

from infra.components import (
    alarms,
    artifacts,
    bucket,
    event_bus,
    function,
    observability,
    policy,
    queue,
    stream,
)
from infra.manifest import Manifest, ManifestEntry


def manifest(name: str) -> Manifest:
    entry = ManifestEntry(file=f"{name}.zip", sha256="ab" * 32, size=1)
    return Manifest(folder=Path("/nowhere"), platform="arm64", python="3.13", artifacts={name: entry})


def artifact(key: str) -> artifacts.Artifact:
    return artifacts.Artifact(
        bucket=pulumi.Output.from_input("artifacts"), key=pulumi.Output.from_input(key), sha256="ab" * 32
    )


def a_role() -> policy.Role:
    return policy.service_role("r", "ec2.amazonaws.com", "d", pulumi.ResourceOptions())


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


def queue_args(**more: Any) -> queue.QueueArgs:
    return queue.QueueArgs(visibility_timeout=30, max_receives=5, retention_days=4, **more)


def a_queue(name: str = "q", **more: Any) -> queue.Queue:
    return queue.Queue(name, queue_args(**more))


def sender() -> policy.Sender:
    return policy.Sender(service="sns.amazonaws.com", source_arn="arn:aws:sns:us-east-1:1:t")


def a_stream(name: str = "s") -> stream.Stream:
    return stream.Stream(name, stream.StreamArgs(shards=1, retention_hours=24))


def watched(it: alarms.Watchable) -> None:
    """Make resources of what `it` reports."""
    args = observability.ObservabilityArgs(
        region="eu-west-1", account_id="1", email=None, alarms={"it": it.alarms}, dashboards=False
    )
    observability.Observability("watch", args)


def a_bus(name: str = "b") -> event_bus.EventBus:
    return event_bus.EventBus(name, event_bus.EventBusArgs(source="shop"))
