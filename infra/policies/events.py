"""Queues, topics, streams, buses, and what reads from them: nothing is lost in silence."""

import json
from typing import Any

from infra.policies.definition import Findings, in_stack, on_each
from infra.policies.documents import refuses_plain_http
from infra.policies.resource_types import (
    COMPOSITE_ALARM,
    FUNCTION,
    KEY,
    MAPPING,
    METRIC_ALARM,
    QUEUE,
    QUEUE_POLICY,
    STREAM,
    TOPIC,
    TOPIC_POLICY,
)
from infra.policies.resources import Resource, Stack

REDRIVE_POLICY = "aws:sqs/redrivePolicy:RedrivePolicy"
REDRIVE_ALLOW_POLICY = "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
EVENT_TARGET = "aws:cloudwatch/eventTarget:EventTarget"
SCHEDULE = "aws:scheduler/schedule:Schedule"
INVOKE_CONFIG = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
DELIVERY_STREAM = "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream"

AWS_KEY_FOR_TOPICS = "alias/aws/sns"

FAILURES_GO_TO = (
    (QUEUE, "redrivePolicy"),
    (REDRIVE_POLICY, "redrivePolicy"),
    (MAPPING, "destinationConfig.onFailure.destinationArn"),
    (INVOKE_CONFIG, "destinationConfig.onFailure.destination"),
    (FUNCTION, "deadLetterConfig.targetArn"),
    (EVENT_TARGET, "deadLetterConfig.arn"),
    (SCHEDULE, "target.deadLetterConfig.arn"),
    (SUBSCRIPTION, "redrivePolicy"),
)
"""Where resources say which queue takes what they could not process."""

VISIBILITY_FACTOR = 6
"""AWS: a queue hides a message at least six times as long as the function that reads it may run."""

DEFAULT_RETENTION = 345_600
DEFAULT_VISIBILITY = 30
"""Seconds, as SQS has them unless told otherwise."""


@in_stack(QUEUE, remedy="Set `redrive_policy` with the ARN of a dead-letter queue.")
def queue_dead_letters(queue: Resource, stack: Stack) -> Findings:
    """A message that nobody can process comes back until its queue forgets it, and keeps others waiting."""
    redrives = queue.has("redrivePolicy") or stack.about(queue, REDRIVE_POLICY, "queueUrl")
    if not redrives and not _takes_failures(queue, stack):
        yield "it has no dead-letter queue."


@in_stack(QUEUE, remedy="Raise the dead-letter queue's `message_retention_seconds`, best to 14 days.")
def dead_letters_outlive(queue: Resource, stack: Stack) -> Findings:
    """A message keeps its age when it is moved: a queue of equal retention may drop it at once."""
    for source in stack.about(queue, QUEUE, "redrivePolicy"):
        if _retention(queue) <= _retention(source):
            yield f"it forgets messages no later than {source.name}, where they come from."


@in_stack(
    QUEUE,
    remedy="Create a RedriveAllowPolicy that names the source queues.",
    advisory=True,
)
def dead_letters_from_known_queues(queue: Resource, stack: Stack) -> Findings:
    """Otherwise every queue of the account may leave its failures here, and hide those of the right one."""
    own = _json(queue.known("redriveAllowPolicy"))
    allowed = [
        own,
        *(
            _json(each.known("redriveAllowPolicy"))
            for each in stack.about(queue, REDRIVE_ALLOW_POLICY, "queueUrl")
        ),
    ]
    known = any(each.get("redrivePermission") in ("byQueue", "denyAll") for each in allowed)
    pending = bool(stack.about(queue, REDRIVE_ALLOW_POLICY, "queueUrl")) and not any(allowed)
    if stack.about(queue, QUEUE, "redrivePolicy") and not known and not pending:
        yield "every queue may use it as dead-letter queue."


@on_each(QUEUE, remedy="Set `sqs_managed_sse_enabled`, or `kms_master_key_id`.")
def queue_encrypted(queue: Resource) -> Findings:
    """Messages hold what customers have typed."""
    if not queue.on("sqsManagedSseEnabled") and not queue.has("kmsMasterKeyId"):
        yield "its messages are not encrypted at rest."


@in_stack(QUEUE, remedy="Deny `sqs:*` where `aws:SecureTransport` is false, in a QueuePolicy.")
def queue_tls_only(queue: Resource, stack: Stack) -> Findings:
    """SQS answers by plain HTTP too unless the queue's policy says otherwise."""
    documents = [
        queue.get("policy"),
        *(each.get("policy") for each in stack.about(queue, QUEUE_POLICY, "queueUrl")),
    ]
    if not any(refuses_plain_http(document, "sqs:*") for document in documents):
        yield "its policy lets plain HTTP pass."


@in_stack(MAPPING, remedy="Raise the queue's `visibility_timeout_seconds`, or lower the function's timeout.")
def queue_waits_for_function(mapping: Resource, stack: Stack) -> Findings:
    """A message that becomes visible while its function still works is processed twice."""
    for queue in stack.of(QUEUE):
        for function in stack.of(FUNCTION):
            if not mapping.refers_to(queue, "eventSourceArn") or not mapping.refers_to(
                function, "functionName"
            ):
                continue
            window = int(mapping.get("maximumBatchingWindowInSeconds") or 0)
            least = VISIBILITY_FACTOR * int(function.get("timeout") or 3) + window
            seconds = int(queue.get("visibilityTimeoutSeconds") or DEFAULT_VISIBILITY)
            if seconds < least:
                yield f"{queue.name} hides a message for {seconds} seconds; {function.name} needs {least}."


@on_each(
    MAPPING,
    remedy="Set bisection, `maximum_retry_attempts`, `maximum_record_age_in_seconds` and `on_failure`.",
)
def stream_mapping_bounded(mapping: Resource) -> Findings:
    """One record that always fails holds up its shard until the stream forgets it, with all behind it."""
    if not mapping.get("startingPosition"):
        return  # a queue has a redrive policy
    if not mapping.on("bisectBatchOnFunctionError"):
        yield "a failing batch is never halved."
    for key, what in (("maximumRetryAttempts", "often"), ("maximumRecordAgeInSeconds", "long")):
        if mapping.get(key) in (None, -1):
            yield f"`{key}` sets no bound: it tries as {what} as the stream lasts."
    if not mapping.has("destinationConfig.onFailure.destinationArn"):
        yield "what fails for good is dropped."


@on_each(MAPPING, remedy='Set `function_response_types=["ReportBatchItemFailures"]`, and report them.')
def mapping_partial_failures(mapping: Resource) -> Findings:
    """Otherwise one failed message brings its whole batch back, or a reported failure counts as success."""
    if "ReportBatchItemFailures" not in (mapping.get("functionResponseTypes") or ()):
        yield "it takes a batch as a whole."


@in_stack(
    TOPIC,
    remedy="Set `kms_master_key_id` to a key whose policy lets the publishers use it; leave it unset where "
    "the stack has no key of its own.",
)
def topic_encrypted(topic: Resource, stack: Stack) -> Findings:
    """Notifications wait on SNS's disks, which it encrypts by itself; AWS's key for SNS takes no alarm."""
    if not topic.has("kmsMasterKeyId") and stack.of(KEY):
        yield "its messages are not encrypted at rest by the stack's own key."
    alarmed = any(stack.about(topic, type_, "alarmActions") for type_ in (METRIC_ALARM, COMPOSITE_ALARM))
    if alarmed and topic.get("kmsMasterKeyId") == AWS_KEY_FOR_TOPICS:
        yield "alarms cannot use AWS's key for SNS: nobody would hear them."


@in_stack(
    TOPIC, remedy="Deny `sns:Publish` where `aws:SecureTransport` is false, in a TopicPolicy.", advisory=True
)
def topic_tls_only(topic: Resource, stack: Stack) -> Findings:
    """SNS takes messages by plain HTTP too unless the topic's policy says otherwise."""
    documents = [
        topic.known("policy"),
        *(each.get("policy") for each in stack.about(topic, TOPIC_POLICY, "arn")),
    ]
    if not any(refuses_plain_http(document, "sns:Publish") for document in documents):
        yield "its policy lets plain HTTP pass."


@on_each(SUBSCRIPTION, remedy="Set `redrive_policy` with the ARN of a dead-letter queue.")
def subscription_dead_letters(subscription: Resource) -> Findings:
    """SNS gives up on a subscriber that is down, and drops the message."""
    reaches_people = subscription.get("protocol") in ("email", "email-json", "sms", "application")
    if not reaches_people and not subscription.has("redrivePolicy"):
        yield "what cannot be delivered is dropped."


@on_each(STREAM, remedy='Set `encryption_type="KMS"` and a key.')
def stream_encrypted(stream: Resource) -> Findings:
    """Records stay in a stream for a day at least, readable by whoever gets at its storage."""
    if stream.get("encryptionType") != "KMS":
        yield "its records are not encrypted at rest."


@on_each(DELIVERY_STREAM, remedy="Set `server_side_encryption`.")
def delivery_encrypted(delivery: Resource) -> Findings:
    """Records wait in Firehose until a batch is full; with a stream before it, that one encrypts them."""
    has_source = any(delivery.has(key) for key in ("kinesisSourceConfiguration", "mskSourceConfiguration"))
    if not has_source and not delivery.on("serverSideEncryption.enabled"):
        yield "its records are not encrypted at rest."


@on_each(DELIVERY_STREAM, remedy="Set `cloudwatch_logging_options` of the destination.", advisory=True)
def delivery_logged(delivery: Resource) -> Findings:
    """Without its log nobody learns why records end in the error folder."""
    if not delivery.on("extendedS3Configuration.cloudwatchLoggingOptions.enabled"):
        yield "it keeps its errors to itself."


@on_each(EVENT_TARGET, SCHEDULE, remedy="Set `dead_letter_config` with the ARN of a queue.")
def event_target_dead_letters(target: Resource) -> Findings:
    """EventBridge drops an event that it could not hand over for a day."""
    path = "deadLetterConfig.arn" if target.type == EVENT_TARGET else "target.deadLetterConfig.arn"
    if not target.has(path):
        yield "an event that it cannot hand over is dropped."


def _takes_failures(queue: Resource, stack: Stack) -> bool:
    return any(stack.about(queue, type_, path) for type_, path in FAILURES_GO_TO)


def _retention(queue: Resource) -> int:
    return int(queue.get("messageRetentionSeconds") or DEFAULT_RETENTION)


def _json(text: Any) -> dict[str, Any]:
    """A small JSON document; an empty one for what is not set or not known yet."""
    return dict(json.loads(text)) if isinstance(text, str) and text else {}
