"""aws:kinesis: streams, their readers, and Firehose, which delivers them."""

from typing import Any

from scripts.local.engine.errors import EngineError
from scripts.local.engine.registry import Created, creates
from scripts.local.engine.resource import Resource, tag_list

NAME_LIMIT = 128
DEFAULT_RETENTION = 24  # hours


@creates("aws:kinesis/stream:Stream")
def stream(resource: Resource) -> Created:
    """Create a stream, then set what the API only takes of one that exists."""
    resource.without_effect("enforceConsumerDeletion")
    tags = resource.take_tags()
    name = resource.take_name(limit=NAME_LIMIT)
    retention = resource.take("retentionPeriod", DEFAULT_RETENTION)
    encryption = resource.take("encryptionType", "NONE")
    key = resource.take("kmsKeyId")
    metrics = resource.take("shardLevelMetrics")
    resource.send("kinesis", "create_stream", resource.rest(), StreamName=name)
    if tags:
        resource.call("kinesis", "add_tags_to_stream", StreamName=name, Tags=tags)
    if retention > DEFAULT_RETENTION:
        resource.call(
            "kinesis",
            "increase_stream_retention_period",
            StreamName=name,
            RetentionPeriodHours=retention,
        )
    if metrics:
        resource.call("kinesis", "enable_enhanced_monitoring", StreamName=name, ShardLevelMetrics=metrics)
    if encryption != "NONE":
        resource.call(
            "kinesis", "start_stream_encryption", StreamName=name, EncryptionType=encryption, KeyId=key
        )
    arn = resource.arn("kinesis", f"stream/{name}")
    return arn, {"arn": arn, "name": name}


@creates("aws:kinesis/streamConsumer:StreamConsumer")
def stream_consumer(resource: Resource) -> Created:
    """Register a reader with a throughput of its own."""
    tags = resource.take_tags()
    name = resource.take_name(limit=NAME_LIMIT)
    consumer = resource.send(
        "kinesis", "register_stream_consumer", resource.rest(), ConsumerName=name, Tags=tags
    )["Consumer"]
    return consumer["ConsumerARN"], {"name": name, "arn": consumer["ConsumerARN"]}


FIREHOSE_NAMES = {
    "kinesisStreamArn": "KinesisStreamARN",
    "parquetSerDe": "ParquetSerDe",
}


@creates("aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream")
def delivery_stream(resource: Resource) -> Created:
    """Create a Firehose stream that delivers to S3."""
    tags = tag_list(resource.take_tags())
    name = resource.take_name(limit=64)
    source = resource.take("kinesisSourceConfiguration")
    if (destination := resource.take("destination")) != "extended_s3":
        raise EngineError(f"{resource}: the embedded engine delivers to extended_s3, not to {destination}.")
    values = {
        "extendedS3DestinationConfiguration": _s3_destination(resource.take("extendedS3Configuration")),
        **({"kinesisStreamSourceConfiguration": source} if source else {}),
    }
    arn = resource.send(
        "firehose",
        "create_delivery_stream",
        values,
        FIREHOSE_NAMES,
        DeliveryStreamName=name,
        DeliveryStreamType="KinesisStreamAsSource" if source else "DirectPut",
        Tags=tags,
    )["DeliveryStreamARN"]
    return arn, {"name": name, "arn": arn}


def _s3_destination(configuration: dict[str, Any]) -> dict[str, Any]:
    """Return the destination as AWS nests it; what has no place of its own is left for the model to judge."""
    rest = dict(configuration)
    hints = {
        "sizeInMBs": rest.pop("bufferingSize", 5),
        "intervalInSeconds": rest.pop("bufferingInterval", 300),
    }
    nested: dict[str, Any] = {"bufferingHints": hints}
    if key := rest.pop("kmsKeyArn", None):
        nested["encryptionConfiguration"] = {"kmsEncryptionConfig": {"awsKmsKeyArn": key}}
    if partitioning := rest.pop("dynamicPartitioningConfiguration", None):
        retries = {"retryOptions": {"durationInSeconds": partitioning.get("retryDuration", 300)}}
        nested["dynamicPartitioningConfiguration"] = {"enabled": partitioning["enabled"], **retries}
    return {**rest, **nested}
