"""Event buses: what has happened, to whoever asked for that kind of thing."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import naming, policy
from infra.components.alarms import Alarm
from infra.components.policy import Role, Sender
from infra.components.queue import DeadLetterQueue, Queue

NAME_LIMIT = 256
RULE_NAME_LIMIT = 64
ARCHIVE_NAME_LIMIT = 48


@dataclass(frozen=True, kw_only=True)
class EventBusArgs:
    """
    Attributes:
        source: what its events come from; nobody is granted to put events of another.
        archive_days: how long events are kept, to be replayed; None keeps none.
        kms_key_arn: what encrypts events; its policy lets EventBridge use and describe it. None is AWS's own.
        account_ids: other accounts that may put events.
    """

    source: str
    archive_days: int | None = None
    kms_key_arn: pulumi.Input[str] | None = None
    account_ids: Sequence[str] = ()


class EventBus(pulumi.ComponentResource):
    """An EventBridge bus of our own, which speaks TLS only.

    Resources: bus, its policy, archive (with days).

    Attributes:
        name, arn: of the bus.
        source: what its events come from.
    """

    def __init__(self, name: str, args: EventBusArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:events:EventBus", name, None, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        self._name = name
        self.source = args.source
        self.resource = aws.cloudwatch.EventBus(
            name,
            name=naming.physical(name, NAME_LIMIT),
            kms_key_identifier=args.kms_key_arn,
            opts=self._child,
        )
        self.name = self.resource.name
        self.arn = self.resource.arn
        self._attach_policy(args.account_ids)
        if args.archive_days is not None:
            self._create_archive(args.archive_days)
        self.register_outputs({"name": self.name})

    def grant_put(self, role: Role) -> aws.iam.RolePolicy:
        """Let `role` put events of the bus's own source."""
        statement = policy.allow(
            ["events:PutEvents"], [self.arn], Condition={"StringEquals": {"events:source": self.source}}
        )
        return policy.grant(role, f"put-{self._name}", [statement], self)

    def on(self, name: str, detail_types: Sequence[str]) -> "EventRule":
        """A rule for events of these types, such as `order.placed`; it is told who gets them."""
        return EventRule(
            f"{self._name}-{name}", EventRuleArgs(bus=self, detail_types=detail_types), self._child
        )

    def _attach_policy(self, account_ids: Sequence[str]) -> None:
        put = "events:PutEvents"
        statements = [policy.deny_insecure_transport(put, [self.arn])]
        if account_ids:
            statements.append(
                {
                    **policy.allow([put], [self.arn]),
                    "Sid": "OtherAccounts",
                    "Principal": {"AWS": [f"arn:aws:iam::{account}:root" for account in account_ids]},
                    "Condition": {"StringEquals": {"events:source": self.source}},
                }
            )
        aws.cloudwatch.EventBusPolicy(
            f"{self._name}-tls",
            event_bus_name=self.name,
            policy=policy.document(*statements),
            opts=self._child,
        )

    def _create_archive(self, days: int) -> None:
        aws.cloudwatch.EventArchive(
            f"{self._name}-archive",
            name=naming.physical(self._name, ARCHIVE_NAME_LIMIT),
            event_source_arn=self.arn,
            retention_days=days,
            opts=self._child,
        )


@dataclass(frozen=True, kw_only=True)
class EventRuleArgs:
    """
    Attributes:
        bus: whose events.
        detail_types: of these types.
    """

    bus: EventBus
    detail_types: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class EventDelivery:
    """How hard a rule tries to deliver an event before it gives it to the dead letters.

    Attributes:
        max_retries: to 185; each waits longer than the last.
        max_age: seconds, 60 to 86,400.
        group_id: message group of the events in a FIFO queue: EventBridge knows one for all.
    """

    max_retries: int = 185
    max_age: int = 86_400
    group_id: str | None = None


class EventRule(pulumi.ComponentResource):
    """Which events of a bus go to whom. Made by `EventBus.on`.

    Resources: rule, targets.

    Attributes:
        sender: what a queue must admit to be a target, and the queue of what could not be delivered likewise.
        alarms: events that could neither be delivered nor set aside.
    """

    def __init__(self, name: str, args: EventRuleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("blueprint:events:EventRule", name, None, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        self._name = name
        self._bus = args.bus
        self.resource = aws.cloudwatch.EventRule(
            name,
            name=naming.physical(name, RULE_NAME_LIMIT),
            event_bus_name=args.bus.name,
            event_pattern=pulumi.Output.json_dumps(
                {"source": [args.bus.source], "detail-type": list(args.detail_types)},
                separators=(",", ":"),
                sort_keys=True,
            ),
            opts=self._child,
        )
        self.sender = Sender(service="events.amazonaws.com", source_arn=self.resource.arn)
        self.alarms = [
            self._alarm("FailedInvocations", "could not be delivered: does every target admit the rule?"),
            self._alarm(
                "InvocationsFailedToBeSentToDlq", "are lost: its dead-letter queue does not admit it."
            ),
        ]
        self.register_outputs({"arn": self.resource.arn})

    def deliver_to(
        self, name: str, queue: Queue, delivery: EventDelivery, undelivered: DeadLetterQueue
    ) -> None:
        """Send the events to `queue`, and those that it does not take to `undelivered`.

        A message is the event's detail alone, so that consumers need not know of EventBridge; what fails is
        set aside with all that EventBridge knows of it.

        Raises:
            ValueError: a FIFO queue without a message group, or that tells messages apart by ids only, which
                EventBridge does not give; or a message group for a standard queue.
        """
        if (queue.fifo is None) != (delivery.group_id is None):
            raise ValueError(f"{self._name}: a FIFO queue takes a message group, and a standard queue none.")
        if queue.fifo and not queue.fifo.content_based_deduplication:
            raise ValueError(f"{self._name}: EventBridge needs content-based deduplication of a FIFO queue.")
        aws.cloudwatch.EventTarget(
            f"{self._name}-{name}",
            rule=self.resource.name,
            event_bus_name=self._bus.name,
            target_id=name,
            arn=queue.arn,
            input_path="$.detail",
            retry_policy={
                "maximum_retry_attempts": delivery.max_retries,
                "maximum_event_age_in_seconds": delivery.max_age,
            },
            dead_letter_config={"arn": undelivered.arn},
            sqs_target={"message_group_id": delivery.group_id} if delivery.group_id else None,
            opts=self._child,
        )

    def _alarm(self, metric: str, meaning: str) -> Alarm:
        return Alarm(
            name=f"{self._name}-{'failed' if metric == 'FailedInvocations' else 'lost'}",
            description=f"Events of the rule {self._name} {meaning}",
            namespace="AWS/Events",
            metric=metric,
            dimensions={"EventBusName": self._bus.name, "RuleName": self.resource.name},
            statistic="Sum",
            threshold=0,
            periods=1,
        )
