"""aws:sqs: queues and their policies."""

import json
from typing import Any

from scripts.local.engine.registry import Created, creates
from scripts.local.engine.resource import Resource

NAME_LIMIT = 80
DEFAULT_SIZE = 262_144  # bytes, the provider's; the API's own is four times as much

ATTRIBUTES = {
    "contentBasedDeduplication": "ContentBasedDeduplication",
    "deduplicationScope": "DeduplicationScope",
    "delaySeconds": "DelaySeconds",
    "fifoThroughputLimit": "FifoThroughputLimit",
    "kmsDataKeyReusePeriodSeconds": "KmsDataKeyReusePeriodSeconds",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "maxMessageSize": "MaximumMessageSize",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "policy": "Policy",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "redriveAllowPolicy": "RedriveAllowPolicy",
    "redrivePolicy": "RedrivePolicy",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled",
    "visibilityTimeoutSeconds": "VisibilityTimeout",
}


@creates("aws:sqs/queue:Queue")
def queue(resource: Resource) -> Created:
    """Create a queue."""
    tags = resource.take_tags()
    fifo = resource.take("fifoQueue", default=False)
    name = resource.take_name(limit=NAME_LIMIT, suffix=".fifo" if fifo else "")
    given = {"maxMessageSize": DEFAULT_SIZE, **resource.take_all(*ATTRIBUTES)}
    attributes = {ATTRIBUTES[key]: _text(value) for key, value in given.items()}
    if fifo:
        attributes["FifoQueue"] = "true"
    url = resource.call("sqs", "create_queue", QueueName=name, Attributes=attributes, tags=tags)["QueueUrl"]
    return url, {"arn": resource.arn("sqs", name), "name": name, "url": url}


@creates("aws:sqs/queuePolicy:QueuePolicy")
def queue_policy(resource: Resource) -> Created:
    """Say who may use a queue."""
    return _set(resource, "policy")


@creates("aws:sqs/redriveAllowPolicy:RedriveAllowPolicy")
def redrive_allow_policy(resource: Resource) -> Created:
    """Say which queues may have this one as their dead-letter queue."""
    return _set(resource, "redriveAllowPolicy")


def _set(resource: Resource, key: str) -> Created:
    url = resource.take("queueUrl")
    attributes = {ATTRIBUTES[key]: _text(resource.take(key))}
    resource.call("sqs", "set_queue_attributes", QueueUrl=url, Attributes=attributes)
    return url, {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
