"""Queues: work that waits, and work that could not be done."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_aws as aws

from infra.components import naming, policy
from infra.components.alarms import Alarm
from infra.components.policy import Role, Sender, Statement

NAME_LIMIT = 80
FIFO = ".fifo"
"""How the name of a queue ends that keeps its order; part of the limit."""
DAY = 86_400
DEAD_LETTER_DAYS = 14
"""The longest that SQS keeps a message: time for somebody to look."""
LARGEST_MESSAGE = 262_144
"""Bytes."""


@dataclass(frozen=True, kw_only=True)
class Encryption:
    """A key of our own, in place of the one that SQS manages.

    Services that send (`senders`) need to be let use it by the key's own policy.

    Attributes:
        kms_key_arn: the key.
        reuse: seconds that SQS uses a data key before it asks KMS, and pays, for another: 60 to 86,400.
    """

    kms_key_arn: pulumi.Input[str]
    reuse: int = 300

    @property
    def grants(self) -> Sequence[Statement]:
        """What senders and consumers need of the key: senders decrypt, too, a data key that is used again."""
        return [policy.allow(["kms:Decrypt", "kms:GenerateDataKey"], [self.kms_key_arn])]


@dataclass(frozen=True, kw_only=True)
class DeadLetterQueueArgs:
    """
    Attributes:
        fifo: keep order; the dead-letter queue of a FIFO queue must.
        encryption: by a key of our own; None is by SQS's.
        senders: services that put there what they could not deliver.
    """

    fifo: bool = False
    encryption: Encryption | None = None
    senders: Sequence[Sender] = ()


class DeadLetterQueue(pulumi.ComponentResource):
    """Where messages and records wait that nobody could process.

    Resources: queue, its policy.

    Attributes:
        arn, url: of the queue.
        alarms: something has arrived.
    """

    def __init__(
        self,
        name: str,
        args: DeadLetterQueueArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("blueprint:events:DeadLetterQueue", name, None, opts)
        args = args or DeadLetterQueueArgs()
        child = pulumi.ResourceOptions(parent=self)
        self._name = name
        self._encryption = args.encryption
        self.resource = aws.sqs.Queue(
            name,
            name=_physical(name, fifo=args.fifo),
            fifo_queue=args.fifo or None,
            message_retention_seconds=DEAD_LETTER_DAYS * DAY,
            sqs_managed_sse_enabled=None if args.encryption else True,
            kms_master_key_id=args.encryption.kms_key_arn if args.encryption else None,
            kms_data_key_reuse_period_seconds=args.encryption.reuse if args.encryption else None,
            opts=child,
        )
        _attach_policy(name, self.resource, args.senders, child)
        self.arn = self.resource.arn
        self.url = self.resource.url
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
        return _grant_send(self._name, self.resource, self._encryption, role, self)

    def grant_peek(self, role: Role) -> aws.iam.RolePolicy:
        """Let `role` look at what is there, and put it back; it can take nothing out."""
        actions = ("sqs:ReceiveMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes")
        key_arn = self._encryption.kms_key_arn if self._encryption else None
        statements = [policy.allow(actions, [self.arn]), *policy.decrypt(key_arn)]
        return policy.grant(role, f"peek-{self._name}", statements, self)


@dataclass(frozen=True, kw_only=True)
class Fifo:
    """How a queue keeps order: by message group, and each message once within five minutes.

    Attributes:
        content_based_deduplication: two messages with the same body are one; services that send cannot say
            otherwise. Without it, each sender gives an id.
        throughput: "per_group" is high throughput: limits and deduplication are each message group's own.
    """

    content_based_deduplication: bool = False
    throughput: Literal["per_queue", "per_group"] = "per_queue"


@dataclass(frozen=True, kw_only=True)
class QueueArgs:
    """
    Attributes:
        visibility_timeout: seconds that a received message stays hidden from other consumers.
        max_receives: how often a message is received before it becomes a dead letter.
        retention_days: how long an unread message is kept; less than dead letters are, whose age counts on.
        fifo: keep order; None is a standard queue.
        encryption: by a key of our own, dead letters too; None is by SQS's.
        delay: seconds before a new message can be received, to 900.
        max_message_size: bytes.
        senders: services that send here: a topic, a rule.
        age_alarm: seconds that a message may wait before somebody hears of it.
        depth_alarm: messages that may wait before somebody hears of it; None is any number.
    """

    visibility_timeout: int
    max_receives: int
    retention_days: int
    fifo: Fifo | None = None
    encryption: Encryption | None = None
    delay: int = 0
    max_message_size: int = LARGEST_MESSAGE
    senders: Sequence[Sender] = ()
    age_alarm: int = 3_600
    depth_alarm: int | None = None


class Queue(pulumi.ComponentResource):
    """A queue with its dead-letter queue.

    Resources: queue, its policy, dead-letter queue, and the permission to redrive between the two alone.

    Attributes:
        arn, url: of the queue.
        fifo: how it keeps order, if it does.
        dead_letters: its dead-letter queue.
        alarms: a dead letter; messages that wait too long, or too many of them.
    """

    def __init__(self, name: str, args: QueueArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:events:Queue", name, None, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        self._name = name
        self._encryption = args.encryption
        self.fifo = args.fifo
        self.dead_letters = self._create_dead_letters(args)
        self.resource = self._create_queue(args)
        _attach_policy(name, self.resource, args.senders, self._child)
        self._allow_redrive()
        self.arn = self.resource.arn
        self.url = self.resource.url
        self.alarms = [*self.dead_letters.alarms, *self._alarms(args)]
        self.register_outputs({"url": self.url})

    def grant_send(self, role: Role) -> aws.iam.RolePolicy:
        """Let `role` put messages into the queue."""
        return _grant_send(self._name, self.resource, self._encryption, role, self)

    def grant_consume(self, role: Role) -> aws.iam.RolePolicy:
        """Let `role` receive messages, and delete them or change their visibility."""
        actions = (
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:ChangeMessageVisibility",
            "sqs:GetQueueAttributes",
        )
        statements = [policy.allow(actions, [self.arn]), *_key_grants(self._encryption)]
        return policy.grant(role, f"consume-{self._name}", statements, self)

    def grant_redrive(self, role: Role) -> aws.iam.RolePolicy:
        """Let `role` move dead letters back into the queue, once their cause is mended."""
        take = (
            "sqs:StartMessageMoveTask",
            "sqs:CancelMessageMoveTask",
            "sqs:ListMessageMoveTasks",
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
        )
        statements = [
            policy.allow(take, [self.dead_letters.arn]),
            policy.allow(["sqs:SendMessage"], [self.arn]),
            *_key_grants(self._encryption),
        ]
        return policy.grant(role, f"redrive-{self._name}", statements, self)

    def _create_dead_letters(self, args: QueueArgs) -> DeadLetterQueue:
        alike = DeadLetterQueueArgs(fifo=args.fifo is not None, encryption=args.encryption)
        return DeadLetterQueue(f"{self._name}-dead-letters", alike, self._child)

    def _create_queue(self, args: QueueArgs) -> aws.sqs.Queue:
        fifo, encryption = args.fifo, args.encryption
        per_group = fifo is not None and fifo.throughput == "per_group"
        redrive = {"deadLetterTargetArn": self.dead_letters.arn, "maxReceiveCount": args.max_receives}
        return aws.sqs.Queue(
            self._name,
            name=_physical(self._name, fifo=fifo is not None),
            fifo_queue=True if fifo else None,
            content_based_deduplication=fifo.content_based_deduplication if fifo else None,
            # High throughput takes both, or neither.
            deduplication_scope="messageGroup" if per_group else None,
            fifo_throughput_limit="perMessageGroupId" if per_group else None,
            visibility_timeout_seconds=args.visibility_timeout,
            message_retention_seconds=args.retention_days * DAY,
            delay_seconds=args.delay,
            max_message_size=args.max_message_size,
            receive_wait_time_seconds=20,  # long polling: fewer empty answers to pay for
            sqs_managed_sse_enabled=None if encryption else True,
            kms_master_key_id=encryption.kms_key_arn if encryption else None,
            kms_data_key_reuse_period_seconds=encryption.reuse if encryption else None,
            redrive_policy=_compact_json(redrive),
            opts=self._child,
        )

    def _allow_redrive(self) -> None:
        aws.sqs.RedriveAllowPolicy(
            f"{self._name}-redrive",
            queue_url=self.dead_letters.resource.url,
            redrive_allow_policy=_compact_json(
                {"redrivePermission": "byQueue", "sourceQueueArns": [self.resource.arn]}
            ),
            opts=self._child,
        )

    def _alarms(self, args: QueueArgs) -> list[Alarm]:
        age = Alarm(
            name=f"{self._name}-age",
            description=f"Messages wait in {self._name} over {args.age_alarm} seconds: "
            "its consumer does not keep up.",
            namespace="AWS/SQS",
            metric="ApproximateAgeOfOldestMessage",
            dimensions={"QueueName": self.resource.name},
            statistic="Maximum",
            threshold=args.age_alarm,
        )
        if args.depth_alarm is None:
            return [age]
        depth = Alarm(
            name=f"{self._name}-depth",
            description=f"More than {args.depth_alarm} messages wait in {self._name}: "
            "they come faster than its consumer works, or it stands still.",
            namespace="AWS/SQS",
            metric="ApproximateNumberOfMessagesVisible",
            dimensions={"QueueName": self.resource.name},
            statistic="Maximum",
            threshold=args.depth_alarm,
        )
        return [age, depth]


def _physical(name: str, *, fifo: bool) -> str:
    """A FIFO queue is known by the end of its name."""
    return naming.physical(name, NAME_LIMIT - len(FIFO)) + FIFO if fifo else naming.physical(name, NAME_LIMIT)


def _key_grants(encryption: Encryption | None) -> Sequence[Statement]:
    return encryption.grants if encryption else ()


def _grant_send(
    name: str, queue: aws.sqs.Queue, encryption: Encryption | None, role: Role, owner: pulumi.Resource
) -> aws.iam.RolePolicy:
    send = policy.allow(["sqs:SendMessage"], [queue.arn])  # covers SendMessageBatch
    return policy.grant(role, f"send-{name}", [send, *_key_grants(encryption)], owner)


def _attach_policy(
    name: str, queue: aws.sqs.Queue, senders: Sequence[Sender], opts: pulumi.ResourceOptions
) -> None:
    """A queue has one policy: TLS only, and its senders. Roles of this account come by their own policies."""
    statements = [
        policy.deny_insecure_transport("sqs:*", [queue.arn]),
        *(policy.admit(sender, "sqs:SendMessage", queue.arn) for sender in senders),
    ]
    aws.sqs.QueuePolicy(f"{name}-tls", queue_url=queue.url, policy=policy.document(*statements), opts=opts)


def _compact_json(value: object) -> pulumi.Output[str]:
    """JSON the way the provider writes it, or every plan would find the spaces changed."""
    return pulumi.Output.json_dumps(value, separators=(",", ":"), sort_keys=True)
