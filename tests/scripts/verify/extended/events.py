"""What carries events."""

import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from tests.scripts.verify.extended.compute import a_function
from tests.scripts.verify.extended.data import a_cluster
from tests.scripts.verify.extended.ground import Ground, Maker


def a_queue(name: str, opts: pulumi.ResourceOptions, **more: Any) -> aws.sqs.Queue:
    return aws.sqs.Queue(name, name=name, opts=opts, **more)


def queue_policies(_: Ground, name: str, opts: pulumi.ResourceOptions) -> None:
    queue = a_queue(name, opts, redrive_policy=_redrive(a_queue(f"{name}-dead", opts)))
    statement = {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": queue.arn}
    document = pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.sqs.QueuePolicy(name, queue_url=queue.url, policy=document, opts=opts)


def redrive_policies(_: Ground, name: str, opts: pulumi.ResourceOptions) -> None:
    a_queue(name, opts, redrive_policy=_redrive(a_queue(f"{name}-dead", opts)))


def redrive_allow_policies(_: Ground, name: str, opts: pulumi.ResourceOptions) -> None:
    allowed = json.dumps({"redrivePermission": "denyAll"})
    aws.sqs.RedriveAllowPolicy(
        name, queue_url=a_queue(name, opts).url, redrive_allow_policy=allowed, opts=opts
    )


def _redrive(dead: aws.sqs.Queue) -> pulumi.Output[str]:
    return dead.arn.apply(
        lambda arn: json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 5}, separators=(",", ":"))
    )


def event_input_paths(_: Ground, name: str, opts: pulumi.ResourceOptions) -> None:
    rule = aws.cloudwatch.EventRule(
        name, name=name, event_pattern=json.dumps({"source": ["shop"]}), opts=opts
    )
    aws.cloudwatch.EventTarget(
        name, rule=rule.name, arn=a_queue(name, opts).arn, input_path="$.detail", opts=opts
    )


def event_source_mappings(ground: Ground, name: str, opts: pulumi.ResourceOptions) -> None:
    aws.lambda_.EventSourceMapping(
        name,
        event_source_arn=a_queue(name, opts).arn,
        function_name=a_function(ground, name, opts).arn,
        batch_size=10,
        scaling_config={"maximum_concurrency": 4},
        function_response_types=["ReportBatchItemFailures"],
        opts=opts,
    )


def a_stream(name: str, opts: pulumi.ResourceOptions) -> aws.kinesis.StreamConsumer:
    stream = aws.kinesis.Stream(
        name,
        name=name,
        shard_count=1,
        stream_mode_details={"stream_mode": "PROVISIONED"},
        enforce_consumer_deletion=True,
        tags={"Name": name},
        opts=opts,
    )
    return aws.kinesis.StreamConsumer(name, name=name, stream_arn=stream.arn, opts=opts)


def stream_tags(_: Ground, name: str, opts: pulumi.ResourceOptions) -> None:
    a_stream(name, opts)


def reader_mappings(ground: Ground, name: str, opts: pulumi.ResourceOptions) -> None:
    aws.lambda_.EventSourceMapping(
        name,
        event_source_arn=a_stream(name, opts).arn,
        function_name=a_function(ground, name, opts).arn,
        starting_position="LATEST",
        opts=opts,
    )


def cluster_mappings(ground: Ground, name: str, opts: pulumi.ResourceOptions) -> None:
    aws.lambda_.EventSourceMapping(
        name,
        event_source_arn=a_cluster(ground, name, opts).arn,
        function_name=a_function(ground, name, opts).arn,
        topics=["positions"],
        amazon_managed_kafka_event_source_config={"consumer_group_id": name},
        starting_position="TRIM_HORIZON",
        batch_size=10,
        opts=opts,
    )


MAKERS: Mapping[str, Maker] = {
    "cluster_mappings": cluster_mappings,
    "event_input_paths": event_input_paths,
    "event_source_mappings": event_source_mappings,
    "queue_policies": queue_policies,
    "reader_mappings": reader_mappings,
    "redrive_allow_policies": redrive_allow_policies,
    "redrive_policies": redrive_policies,
    "stream_tags": stream_tags,
}
