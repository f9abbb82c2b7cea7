"""aws:sns: topics and their subscribers."""

import json
from typing import Any

from scripts.local import ACCOUNT
from scripts.local.engine.registry import Created, creates
from scripts.local.engine.resource import Resource, tag_list

TOPIC_ATTRIBUTES = {
    "contentBasedDeduplication": "ContentBasedDeduplication",
    "deliveryPolicy": "DeliveryPolicy",
    "displayName": "DisplayName",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "policy": "Policy",
    "signatureVersion": "SignatureVersion",
    "tracingConfig": "TracingConfig",
}
SUBSCRIPTION_ATTRIBUTES = {
    "deliveryPolicy": "DeliveryPolicy",
    "filterPolicy": "FilterPolicy",
    "filterPolicyScope": "FilterPolicyScope",
    "rawMessageDelivery": "RawMessageDelivery",
    "redrivePolicy": "RedrivePolicy",
    "subscriptionRoleArn": "SubscriptionRoleArn",
}


@creates("aws:sns/topic:Topic")
def topic(resource: Resource) -> Created:
    """Create a topic."""
    tags = tag_list(resource.take_tags())
    fifo = resource.take("fifoTopic", default=False)
    name = resource.take_name(limit=256, suffix=".fifo" if fifo else "")
    given = resource.take_all(*TOPIC_ATTRIBUTES)
    attributes = {TOPIC_ATTRIBUTES[key]: _text(value) for key, value in given.items()}
    if fifo:
        attributes["FifoTopic"] = "true"
    arn = resource.call("sns", "create_topic", Name=name, Attributes=attributes, Tags=tags)["TopicArn"]
    return arn, {"arn": arn, "name": name}


@creates("aws:sns/topicPolicy:TopicPolicy")
def topic_policy(resource: Resource) -> Created:
    """Say who may publish to a topic."""
    arn = resource.take("arn")
    policy = _text(resource.take("policy"))
    resource.call("sns", "set_topic_attributes", TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
    return arn, {"owner": ACCOUNT}


@creates("aws:sns/topicSubscription:TopicSubscription")
def topic_subscription(resource: Resource) -> Created:
    """Subscribe to a topic."""
    resource.without_effect("confirmationTimeoutInMinutes", "endpointAutoConfirms")
    given = resource.take_all(*SUBSCRIPTION_ATTRIBUTES)
    attributes = {SUBSCRIPTION_ATTRIBUTES[key]: _text(value) for key, value in given.items()}
    subscription = resource.call(
        "sns",
        "subscribe",
        TopicArn=resource.take("topic"),
        Protocol=resource.take("protocol"),
        Endpoint=resource.take("endpoint"),
        Attributes=attributes,
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    return subscription, {"arn": subscription}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
