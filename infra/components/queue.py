"""Queues: work that waits, and work that could not be done."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import naming, policy
from infra.components.alarms import Alarm
from infra.components.policy import Role

NAME_LIMIT = 80
DAY = 86_400
DEAD_LETTER_DAYS = 14
"""The longest that SQS keeps a message: time for somebody to look."""


class DeadLetterQueue(pulumi.ComponentResource):
    """Where messages and records wait that nobody could process.

    Resources: queue, its TLS-only policy.

    Attributes:
        arn: of the queue.
        alarms: something has arrived.
    """

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:events:DeadLetterQueue", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self._name = name
        self.resource = aws.sqs.Queue(
            name,
            name=naming.physical(name, NAME_LIMIT),
            message_retention_seconds=DEAD_LETTER_DAYS * DAY,
            sqs_managed_sse_enabled=True,
            opts=child,
        )
        _tls_only(name, self.resource, child)
        self.arn = self.resource.arn
        self.alarms = [
            Alarm(
                name=name,
                description=f"{name} holds what could not be processed: read it, mend the cause, redrive it.",
                namespace="AWS/SQS",
                metric="ApproximateNumberOfMessagesVisible",
                dimensions={"QueueName": self.resource.name},
                statistic="Maximum",
                threshold=0,
                periods=1,
            )
        ]
        self.register_outputs({"arn": self.arn})

    def grant_send(self, role: Role) -> aws.iam.RolePolicy:
        """Let `role` put there what it could not process."""
        return _grant_send(self._name, self.resource, role, self)


@dataclass(frozen=True, kw_only=True)
class QueueArgs:
    """
    Attributes:
        visibility_timeout: seconds that a received message stays hidden from other consumers.
        max_receives: how often a message is received before it becomes a dead letter.
        retention_days: how long an unread message is kept.
    """

    visibility_timeout: int
    max_receives: int
    retention_days: int


class Queue(pulumi.ComponentResource):
    """A queue with its dead-letter queue.

    Resources: queue, TLS-only policy, dead-letter queue, and the permission to redrive between the two alone.

    Attributes:
        arn, url: of the queue.
        dead_letters: its dead-letter queue.
        alarms: a dead letter; messages older than an hour.
    """

    def __init__(self, name: str, args: QueueArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:events:Queue", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self._name = name
        self.dead_letters = DeadLetterQueue(f"{name}-dead-letters", child)
        redrive = {"deadLetterTargetArn": self.dead_letters.arn, "maxReceiveCount": args.max_receives}
        self.resource = aws.sqs.Queue(
            name,
            name=naming.physical(name, NAME_LIMIT),
            visibility_timeout_seconds=args.visibility_timeout,
            message_retention_seconds=args.retention_days * DAY,
            receive_wait_time_seconds=20,  # long polling: fewer empty answers to pay for
            sqs_managed_sse_enabled=True,
            redrive_policy=_compact_json(redrive),
            opts=child,
        )
        _tls_only(name, self.resource, child)
        aws.sqs.RedriveAllowPolicy(
            f"{name}-redrive",
            queue_url=self.dead_letters.resource.url,
            redrive_allow_policy=_compact_json(
                {"redrivePermission": "byQueue", "sourceQueueArns": [self.resource.arn]}
            ),
            opts=child,
        )
        self.arn = self.resource.arn
        self.url = self.resource.url
        self.alarms = [*self.dead_letters.alarms, self._age_alarm()]
        self.register_outputs({"url": self.url})

    def grant_send(self, role: Role) -> aws.iam.RolePolicy:
        """Let `role` put messages into the queue."""
        return _grant_send(self._name, self.resource, role, self)

    def grant_consume(self, role: Role) -> aws.iam.RolePolicy:
        """Let `role` receive messages, and delete them or change their visibility."""
        actions = (
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:ChangeMessageVisibility",
            "sqs:GetQueueAttributes",
        )
        return policy.grant(role, f"consume-{self._name}", [policy.allow(actions, [self.arn])], self)

    def _age_alarm(self) -> Alarm:
        return Alarm(
            name=f"{self._name}-age",
            description=f"Messages wait in {self._name} over an hour: its consumer does not keep up.",
            namespace="AWS/SQS",
            metric="ApproximateAgeOfOldestMessage",
            dimensions={"QueueName": self.resource.name},
            statistic="Maximum",
            threshold=3_600,
        )


def _grant_send(name: str, queue: aws.sqs.Queue, role: Role, owner: pulumi.Resource) -> aws.iam.RolePolicy:
    statement = policy.allow(["sqs:SendMessage"], [queue.arn])  # covers SendMessageBatch
    return policy.grant(role, f"send-{name}", [statement], owner)


def _tls_only(name: str, queue: aws.sqs.Queue, opts: pulumi.ResourceOptions) -> None:
    statement = policy.deny_insecure_transport("sqs:*", [queue.arn])
    aws.sqs.QueuePolicy(f"{name}-tls", queue_url=queue.url, policy=policy.document(statement), opts=opts)


def _compact_json(value: object) -> pulumi.Output[str]:
    """JSON the way the provider writes it, or every plan would find the spaces changed."""
    return pulumi.Output.json_dumps(value, separators=(",", ":"), sort_keys=True)
