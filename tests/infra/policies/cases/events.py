"""Cases of the policies on queues, topics, streams, buses and their readers."""

import json
from typing import Any

from infra.policies.events import (
    DELIVERY_STREAM,
    EVENT_TARGET,
    REDRIVE_ALLOW_POLICY,
    REDRIVE_POLICY,
    SCHEDULE,
    SUBSCRIPTION,
)
from infra.policies.resource_types import (
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
from tests.infra.policies.cases.case import Case
from tests.infra.policies.judging import Given, given

ARN = "arn:aws:any:us-east-1:123456789012:"
TO_SUBJECT = json.dumps({"deadLetterTargetArn": f"{ARN}subject", "maxReceiveCount": 5})
TO_NEIGHBOUR = json.dumps({"deadLetterTargetArn": f"{ARN}subject-failures", "maxReceiveCount": 5})
BOUNDED: dict[str, Any] = {
    "startingPosition": "TRIM_HORIZON",
    "bisectBatchOnFunctionError": True,
    "maximumRetryAttempts": 5,
    "maximumRecordAgeInSeconds": 3_600,
    "destinationConfig": {"onFailure": {"destinationArn": "arn"}},
}


def tls_only(action: str) -> str:
    condition = {"Bool": {"aws:SecureTransport": "false"}}
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": "*",
        "Condition": condition,
    }
    return json.dumps({"Statement": statement})


def read_by_function(visibility: int) -> list[Given]:
    return [
        given(
            MAPPING,
            uses={"functionName": ["shop"]},
            eventSourceArn=f"{ARN}orders",
            maximumBatchingWindowInSeconds=10,
        ),
        given(QUEUE, "orders", visibilityTimeoutSeconds=visibility),
        given(QUEUE, "orders-failures", visibilityTimeoutSeconds=1),
        given(FUNCTION, "shop", timeout=30),
    ]


CASES = {
    "queue-dead-letters": Case(
        keeps=[
            given(QUEUE, redrivePolicy=TO_NEIGHBOUR),
            [given(QUEUE), given(REDRIVE_POLICY, "redrive", uses={"queueUrl": ["subject"]})],
            [given(QUEUE), given(QUEUE, "orders", redrivePolicy=TO_SUBJECT)],
            [
                given(QUEUE),
                given(
                    MAPPING,
                    "mapping",
                    destinationConfig={"onFailure": {"destinationArn": f"{ARN}subject"}},
                ),
            ],
        ],
        breaks={
            "it has no dead-letter queue.": [
                given(QUEUE),
                given(QUEUE, "orders", redrivePolicy=TO_NEIGHBOUR),
            ]
        },
    ),
    "dead-letters-outlive": Case(
        keeps=[
            [
                given(QUEUE, messageRetentionSeconds=1_209_600),
                given(QUEUE, "orders", redrivePolicy=TO_SUBJECT),
            ]
        ],
        breaks={
            "it forgets messages no later than orders, where they come from.": [
                given(QUEUE),
                given(QUEUE, "orders", uses={"redrivePolicy": ["subject"]}),
            ]
        },
    ),
    "dead-letters-from-known-queues": Case(
        keeps=[
            given(QUEUE),
            [
                given(QUEUE),
                given(QUEUE, "orders", redrivePolicy=TO_SUBJECT),
                given(
                    REDRIVE_ALLOW_POLICY,
                    "allow",
                    uses={"queueUrl": ["subject"]},
                    redriveAllowPolicy='{"redrivePermission":"byQueue","sourceQueueArns":["arn"]}',
                ),
            ],
        ],
        breaks={
            "every queue may use it as dead-letter queue.": [
                given(QUEUE, redriveAllowPolicy='{"redrivePermission":"allowAll"}'),
                given(QUEUE, "orders", redrivePolicy=TO_SUBJECT),
            ]
        },
    ),
    "queue-encrypted": Case(
        keeps=[given(QUEUE, sqsManagedSseEnabled=True), given(QUEUE, kmsMasterKeyId="alias/shop")],
        breaks={"its messages are not encrypted at rest.": given(QUEUE, sqsManagedSseEnabled=False)},
    ),
    "queue-tls-only": Case(
        keeps=[
            [
                given(QUEUE),
                given(QUEUE_POLICY, "tls", uses={"queueUrl": ["subject"]}, policy=tls_only("sqs:*")),
            ],
            given(QUEUE, policy=tls_only("sqs:*")),
        ],
        breaks={
            "its policy lets plain HTTP pass.": [
                given(QUEUE),
                given(QUEUE_POLICY, "tls", queueUrl="another", policy=tls_only("sqs:*")),
            ]
        },
    ),
    "queue-waits-for-function": Case(
        keeps=[read_by_function(190), given(MAPPING, eventSourceArn="arn")],
        breaks={"orders hides a message for 189 seconds; shop needs 190.": read_by_function(189)},
    ),
    "stream-mapping-bounded": Case(
        keeps=[
            given(MAPPING, **BOUNDED),
            given(MAPPING, batchSize=10),
        ],
        breaks={
            "a failing batch is never halved.": given(
                MAPPING, **{**BOUNDED, "bisectBatchOnFunctionError": False}
            ),
            "`maximumRetryAttempts` sets no bound: it tries as often as the stream lasts.": given(
                MAPPING, **{**BOUNDED, "maximumRetryAttempts": -1}
            ),
            "`maximumRecordAgeInSeconds` sets no bound: it tries as long as the stream lasts.": given(
                MAPPING, **{**BOUNDED, "maximumRecordAgeInSeconds": None}
            ),
            "what fails for good is dropped.": given(MAPPING, **{**BOUNDED, "destinationConfig": {}}),
        },
    ),
    "mapping-partial-failures": Case(
        keeps=[given(MAPPING, functionResponseTypes=["ReportBatchItemFailures"])],
        breaks={"it takes a batch as a whole.": given(MAPPING, topics=["orders"])},
    ),
    "topic-encrypted": Case(
        keeps=[
            [given(TOPIC, kmsMasterKeyId="alias/shop"), given(KEY, "key")],
            given(TOPIC),
            given(TOPIC, kmsMasterKeyId="alias/aws/sns"),
        ],
        breaks={
            "its messages are not encrypted at rest by the stack's own key.": [
                given(TOPIC),
                given(KEY, "key"),
            ],
            "alarms cannot use AWS's key for SNS: nobody would hear them.": [
                given(TOPIC, kmsMasterKeyId="alias/aws/sns"),
                given(METRIC_ALARM, "alarm", uses={"alarmActions": ["subject"]}, alarmActions=["topic"]),
            ],
        },
    ),
    "topic-tls-only": Case(
        keeps=[
            [
                given(TOPIC),
                given(TOPIC_POLICY, "tls", uses={"arn": ["subject"]}, policy=tls_only("sns:Publish")),
            ]
        ],
        breaks={"its policy lets plain HTTP pass.": given(TOPIC)},
    ),
    "subscription-dead-letters": Case(
        keeps=[
            given(SUBSCRIPTION, protocol="email", endpoint="team@example.com"),
            given(SUBSCRIPTION, protocol="sqs", redrivePolicy=TO_SUBJECT),
        ],
        breaks={"what cannot be delivered is dropped.": given(SUBSCRIPTION, protocol="sqs")},
    ),
    "stream-encrypted": Case(
        keeps=[given(STREAM, encryptionType="KMS")],
        breaks={"its records are not encrypted at rest.": given(STREAM)},
    ),
    "delivery-encrypted": Case(
        keeps=[
            given(DELIVERY_STREAM, serverSideEncryption={"enabled": True}),
            given(DELIVERY_STREAM, kinesisSourceConfiguration={"kinesisStreamArn": "arn"}),
        ],
        breaks={"its records are not encrypted at rest.": given(DELIVERY_STREAM)},
    ),
    "delivery-logged": Case(
        keeps=[
            given(DELIVERY_STREAM, extendedS3Configuration={"cloudwatchLoggingOptions": {"enabled": True}})
        ],
        breaks={
            "it keeps its errors to itself.": given(
                DELIVERY_STREAM, extendedS3Configuration={"bucketArn": "arn"}
            )
        },
    ),
    "event-target-dead-letters": Case(
        keeps=[
            given(EVENT_TARGET, deadLetterConfig={"arn": "arn"}),
            given(SCHEDULE, target={"arn": "arn", "deadLetterConfig": {"arn": "arn"}}),
        ],
        breaks={
            "an event that it cannot hand over is dropped.": given(EVENT_TARGET, arn="arn"),
            "an event that it cannot hand over is dropped. ": given(SCHEDULE, target={"arn": "arn"}),
        },
    ),
}
