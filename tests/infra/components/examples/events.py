"""Examples of the components of events."""

from collections.abc import Mapping

from infra.components import email_identity, event_bus, policy, queue, schedule, stream, topic
from tests.infra.components.examples.example import Example
from tests.infra.components.examples.parts import (
    a_bus,
    a_function,
    a_queue,
    a_stream,
    queue_args,
    sender,
    watched,
)


def make_queue_with(**more: object) -> queue.Queue:
    return queue.Queue("it", queue_args(**more))


def deliver_from_topic(args: topic.QueueSubscription) -> None:
    it = topic.Topic("it", topic.TopicArgs())
    it.deliver_to("q", a_queue(), args, queue.DeadLetterQueue("undelivered"))


def deliver_from_rule(args: event_bus.EventDelivery) -> None:
    fifo = queue.Fifo(content_based_deduplication=True)
    rule = a_bus().on("placed", ["order.placed"])
    rule.deliver_to("q", a_queue(fifo=fifo), args, queue.DeadLetterQueue("undelivered"))


def call_by_the_clock(args: schedule.ScheduleArgs) -> None:
    schedule.Schedule("it", args).call("f", a_function(), queue.DeadLetterQueue("undelivered"))


EXAMPLES: Mapping[type, Example] = {
    email_identity.EmailIdentityArgs: Example(
        make=lambda args: email_identity.EmailIdentity("it", args),
        args=lambda: email_identity.EmailIdentityArgs(sender="a@example.com"),
    ),
    policy.Sender: Example(
        make=lambda args: make_queue_with(senders=[args]),
        args=sender,
    ),
    queue.Encryption: Example(
        make=lambda args: make_queue_with(encryption=args),
        args=lambda: queue.Encryption(kms_key_arn="key"),
    ),
    queue.Fifo: Example(
        make=lambda args: make_queue_with(fifo=args),
        args=queue.Fifo,
        changes={"throughput": lambda _: "per_group"},
    ),
    queue.DeadLetterQueueArgs: Example(
        make=lambda args: queue.DeadLetterQueue("it", args),
        args=queue.DeadLetterQueueArgs,
        changes={
            "encryption": lambda _: queue.Encryption(kms_key_arn="key"),
            "senders": lambda _: [sender()],
        },
    ),
    queue.QueueArgs: Example(
        make=lambda args: watched(queue.Queue("it", args)),
        args=queue_args,
        changes={
            "fifo": lambda _: queue.Fifo(),
            "encryption": lambda _: queue.Encryption(kms_key_arn="key"),
            "senders": lambda _: [sender()],
            "depth_alarm": lambda _: 100,
        },
    ),
    topic.TopicArgs: Example(
        make=lambda args: topic.Topic("it", args),
        args=topic.TopicArgs,
        changes={"kms_key": lambda _: "key", "publishers": lambda _: [sender()]},
    ),
    topic.QueueSubscription: Example(
        make=deliver_from_topic,
        args=lambda: topic.QueueSubscription(filter_policy={"type": ["order.placed"]}),
        changes={"filter_policy": lambda _: None},
    ),
    event_bus.EventBusArgs: Example(
        make=lambda args: event_bus.EventBus("it", args).on("placed", ["order.placed"]),
        args=lambda: event_bus.EventBusArgs(source="shop"),
        changes={
            "archive_days": lambda _: 7,
            "kms_key_arn": lambda _: "key",
            "account_ids": lambda _: ["210987654321"],
        },
    ),
    event_bus.EventRuleArgs: Example(
        make=lambda args: event_bus.EventRule("it", args),
        args=lambda: event_bus.EventRuleArgs(bus=a_bus(), detail_types=["order.placed"]),
        changes={"bus": lambda _: a_bus("other")},
    ),
    event_bus.EventDelivery: Example(
        make=deliver_from_rule,
        args=lambda: event_bus.EventDelivery(group_id="orders"),
    ),
    schedule.ScheduleArgs: Example(
        make=call_by_the_clock,
        args=lambda: schedule.ScheduleArgs(expression="rate(1 minute)", max_age=3_600),
        changes={"expression": lambda _: "rate(5 minutes)"},
    ),
    stream.StreamArgs: Example(
        make=lambda args: watched(stream.Stream("it", args)),
        args=lambda: stream.StreamArgs(shards=1, retention_hours=24),
        changes={"kms_key_arn": lambda _: "key"},
    ),
    stream.ReaderArgs: Example(
        make=lambda args: stream.Reader("it", args),
        args=lambda: stream.ReaderArgs(stream=a_stream()),
        changes={"stream": lambda _: a_stream("other")},
    ),
}
