"""aws:kinesis: streams."""

from scripts.local.engine.registry import Created, creates
from scripts.local.engine.resource import Resource

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
    if encryption != "NONE":
        resource.call(
            "kinesis", "start_stream_encryption", StreamName=name, EncryptionType=encryption, KeyId=key
        )
    arn = resource.arn("kinesis", f"stream/{name}")
    return arn, {"arn": arn, "name": name}
