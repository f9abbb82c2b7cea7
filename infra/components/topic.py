"""Topics: one message, to everybody who subscribed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import naming, policy
from infra.components.alarms import Alarm
from infra.components.policy import Role, Sender
from infra.components.queue import FIFO, DeadLetterQueue, Queue

NAME_LIMIT = 256
AWS_KEY = "alias/aws/sns"
"""AWS's own key for SNS, whose policy nobody can change: no alarm and no rule may use it."""

FilterPolicy = Mapping[str, Sequence[object]]


@dataclass(frozen=True, kw_only=True)
class TopicArgs:
    """
    Attributes:
        fifo: keep order, and deliver the same body once within five minutes; delivers to FIFO queues only.
        kms_key: id, ARN or alias of the key that encrypts messages; its policy lets the publishers use it.
            None leaves it at the encryption of SNS's own disks.
        publishers: services that publish here: alarms, rules.
    """

    fifo: bool = False
    kms_key: pulumi.Input[str] | None = None
    publishers: Sequence[Sender] = ()


@dataclass(frozen=True, kw_only=True)
class QueueSubscription:
    """How a queue hears of a topic's messages.

    Attributes:
        filter_policy: which of them, by their attributes; None is all.
        filter_on_body: the filter looks at the body, which is JSON, in place of the attributes.
        raw: the queue gets the message alone, not wrapped into SNS's envelope.
    """

    filter_policy: FilterPolicy | None = None
    filter_on_body: bool = False
    raw: bool = True


class Topic(pulumi.ComponentResource):
    """An SNS topic that speaks TLS only.

    Resources: topic, its policy; subscriptions.

    Attributes:
        arn, name: of the topic.
        sender: what a queue admits to be subscribed.
        alarms: messages that could not be delivered.

    Raises:
        ValueError: a service is to publish by a key that it cannot be let use.
    """

    def __init__(self, name: str, args: TopicArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:events:Topic", name, None, opts)
        if args.kms_key == AWS_KEY and args.publishers:
            services = ", ".join(sorted(publisher.service for publisher in args.publishers))
            raise ValueError(
                f"{name}: {services} cannot publish with {AWS_KEY}; give a key of your own, or none."
            )
        self._child = pulumi.ResourceOptions(parent=self)
        self._name = name
        self._kms_key = args.kms_key
        self.resource = aws.sns.Topic(
            name,
            name=_physical(name, fifo=args.fifo),
            fifo_topic=args.fifo or None,
            content_based_deduplication=args.fifo or None,
            kms_master_key_id=args.kms_key,
            opts=self._child,
        )
        self.arn = self.resource.arn
        self.name = self.resource.name
        self.sender = Sender(service="sns.amazonaws.com", source_arn=self.arn)
        self._attach_policy(args.publishers)
        self.alarms = [self._failure_alarm()]
        self.register_outputs({"arn": self.arn})

    def grant_publish(self, role: Role) -> aws.iam.RolePolicy:
        """Let `role` publish messages; a key's own policy must let it use the key."""
        return policy.grant(role, f"publish-{self._name}", [policy.allow(["sns:Publish"], [self.arn])], self)

    def deliver_to(
        self, name: str, queue: Queue, subscription: QueueSubscription, undelivered: DeadLetterQueue
    ) -> None:
        """Deliver to `queue`, and what it does not take to `undelivered`; both must admit `sender`."""
        scope = "MessageBody" if subscription.filter_on_body else "MessageAttributes"
        filters = subscription.filter_policy
        aws.sns.TopicSubscription(
            f"{self._name}-{name}",
            topic=self.arn,
            protocol="sqs",
            endpoint=queue.arn,
            raw_message_delivery=subscription.raw,
            filter_policy=pulumi.Output.json_dumps(filters, separators=(",", ":")) if filters else None,
            filter_policy_scope=scope if filters else None,
            redrive_policy=pulumi.Output.json_dumps(
                {"deadLetterTargetArn": undelivered.arn}, separators=(",", ":")
            ),
            opts=self._child,
        )

    def notify(self, email: str) -> None:
        """Mail the messages to an address, once it has confirmed its subscription."""
        aws.sns.TopicSubscription(
            f"{self._name}-email", topic=self.arn, protocol="email", endpoint=email, opts=self._child
        )

    def _attach_policy(self, publishers: Sequence[Sender]) -> None:
        statements = [
            # SNS refuses `sns:*` in a topic's policy.
            policy.deny_insecure_transport("sns:Publish", [self.arn]),
            *(policy.admit(publisher, "sns:Publish", self.arn) for publisher in publishers),
        ]
        aws.sns.TopicPolicy(
            f"{self._name}-tls", arn=self.arn, policy=policy.document(*statements), opts=self._child
        )

    def _failure_alarm(self) -> Alarm:
        return Alarm(
            name=f"{self._name}-undelivered",
            description=f"Messages of {self._name} could not be delivered: do its queues admit it?",
            namespace="AWS/SNS",
            metric="NumberOfNotificationsFailed",
            dimensions={"TopicName": self.name},
            statistic="Sum",
            threshold=0,
            periods=1,
        )


def _physical(name: str, *, fifo: bool) -> str:
    """A FIFO topic is known by the end of its name."""
    return naming.physical(name, NAME_LIMIT - len(FIFO)) + FIFO if fifo else naming.physical(name, NAME_LIMIT)
