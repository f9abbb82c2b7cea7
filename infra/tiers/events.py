"""What waits to be worked on: queues, streams, the bus that events go over, and the sender of mail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from infra.components.email_identity import EmailIdentity, EmailIdentityArgs
from infra.components.event_bus import EventBus, EventBusArgs, EventDelivery, EventRule
from infra.components.policy import Role, Sender
from infra.components.queue import DeadLetterQueue, DeadLetterQueueArgs, Encryption, Fifo, Queue, QueueArgs
from infra.components.stream import Reader, Stream, StreamArgs
from infra.settings.events import SharedStream
from infra.settings.events import Stream as StreamSettings
from infra.tiers.region import Region

SHOP = "shop"
"""What events say that they come from."""

ORDER_NOTIFICATIONS = "order_notifications"
ORDER_INVENTORY = "order_inventory"
PAYMENT_CAPTURE = "payment_capture"


@dataclass(frozen=True, kw_only=True)
class Consumer:
    """A function that works off a queue of its own.

    Attributes:
        hears: types of the events that the bus leads there; none where the relay sends straight to the queue.
        fifo: how the queue keeps order; None is in any.
    """

    hears: Sequence[str] = ()
    fifo: Fifo | None = None


CONSUMERS: Mapping[str, Consumer] = {
    ORDER_NOTIFICATIONS: Consumer(hears=["order.placed"]),
    ORDER_INVENTORY: Consumer(hears=["order.placed", "order.cancelled"]),
    # What concerns one order stays in order, and orders do not wait for each other. The relay sends it with
    # the event's id, by which SQS knows what is sent twice: EventBridge could name neither.
    PAYMENT_CAPTURE: Consumer(fifo=Fifo(throughput="per_group")),
}
"""Who hears of what."""


class Events:
    """The asynchronous tier of a region.

    Attributes:
        region: where it stands.
        bus: what the shop's events go over; a rule leads to the queue of each consumer that listens.
        queues: the queue of each consumer.
        positions, sales, media: the streams of where couriers are, what was paid for, and what was uploaded.
        position_failures, sale_failures, rendition_failures, caption_failures: what the readers of a stream
            gave up.
        topic_failures: what the readers of a topic gave up, where there is Kafka.
        undelivered: events that could not be brought to their queue.
        email: who the shop's mail comes from.
    """

    def __init__(self, region: Region) -> None:
        self.region = region
        self._settings = region.settings
        self._encryption = None if region.key_arn is None else Encryption(kms_key_arn=region.key_arn)
        self.bus = self._bus()
        rules = {name: self._rule(name, it) for name, it in CONSUMERS.items() if it.hears}
        self.queues = {name: self._queue(name, it, rules.get(name)) for name, it in CONSUMERS.items()}
        self.undelivered = self._deliver(rules)
        streams = self._settings.streams
        self.positions = self._stream("positions", streams.positions)
        self.sales = self._stream("sales", streams.sales)
        self.media = self._stream("media", streams.media)
        self.position_failures = self._dead_letters("position-failures")
        self.sale_failures = self._dead_letters("sale-failures")
        self.rendition_failures = self._dead_letters("rendition-failures")
        self.caption_failures = self._dead_letters("caption-failures")
        self.topic_failures = self._dead_letters("topic-failures") if self._settings.kafka.enabled else None
        sender = EmailIdentityArgs(sender=self._settings.email_sender)
        self.email = EmailIdentity(region.named("email"), sender, region.opts)

    @property
    def environment(self) -> Mapping[str, pulumi.Input[str]]:
        """How a program reaches what it sends to."""
        return {
            "EVENT_BUS": self.bus.name,
            "PAYMENTS_QUEUE_URL": self.queues[PAYMENT_CAPTURE].url,
            "SALES_STREAM": self.sales.name,
            "MEDIA_STREAM": self.media.name,
            "POSITIONS_STREAM": self.positions.name,
        }

    @property
    def dead_letters(self) -> list[DeadLetterQueue]:
        """Every queue of what could not be processed."""
        return [
            *(queue.dead_letters for queue in self.queues.values()),
            self.undelivered,
            self.position_failures,
            self.sale_failures,
            self.rendition_failures,
            self.caption_failures,
            *([self.topic_failures] if self.topic_failures else []),
        ]

    def position_source(self) -> Stream | Reader:
        """What feeds the writer of positions: the stream, or a throughput of its own."""
        return _source(self.positions, "writer", self._settings.streams.positions)

    def media_source(self, reader: str) -> Stream | Reader:
        """What feeds a reader of media, likewise."""
        return _source(self.media, reader, self._settings.streams.media)

    def grant_relay(self, role: Role) -> list[pulumi.Resource]:
        """Let `role` publish what the outbox holds."""
        return [
            self.bus.grant_put(role),
            self.queues[PAYMENT_CAPTURE].grant_send(role),
            self.sales.grant_put(role),
            self.media.grant_put(role),
        ]

    def _bus(self) -> EventBus:
        # By EventBridge's own key: what a bus cannot encrypt, while ours is away, never reaches its rules.
        args = EventBusArgs(source=SHOP, archive_days=self._settings.bus.archive_days)
        return EventBus(self.region.named(SHOP), args, self.region.opts)

    def _rule(self, name: str, consumer: Consumer) -> EventRule:
        return self.region.registry.add("events", self.bus.on(_hyphenated(name), consumer.hears))

    def _queue(self, name: str, consumer: Consumer, rule: EventRule | None) -> Queue:
        settings = getattr(self._settings.queues, name)
        args = QueueArgs(
            visibility_timeout=settings.visibility_timeout,
            max_receives=settings.max_receives,
            retention_days=settings.retention_days,
            age_alarm=settings.age_alarm,
            depth_alarm=settings.depth_alarm,
            fifo=consumer.fifo,
            encryption=self._encryption,
            senders=[rule.sender] if rule else [],
        )
        queue = Queue(self.region.named(_hyphenated(name)), args, self.region.opts)
        return self.region.registry.add("events", queue)

    def _deliver(self, rules: Mapping[str, EventRule]) -> DeadLetterQueue:
        """Send events to the queues of those who listen; return what takes those that do not get there."""
        undelivered = self._dead_letters("undelivered-events", [rule.sender for rule in rules.values()])
        delivery = EventDelivery(max_age=self._settings.bus.max_age)
        for name, rule in rules.items():
            rule.deliver_to(_hyphenated(name), self.queues[name], delivery, undelivered)
        return undelivered

    def _dead_letters(self, name: str, senders: Sequence[Sender] = ()) -> DeadLetterQueue:
        args = DeadLetterQueueArgs(encryption=self._encryption, senders=senders)
        queue = DeadLetterQueue(self.region.named(name), args, self.region.opts)
        return self.region.registry.add("events", queue)

    def _stream(self, name: str, settings: StreamSettings) -> Stream:
        args = StreamArgs(
            shards=settings.shards,
            retention_hours=settings.retention_hours,
            shard_metrics=settings.shard_metrics,
            kms_key_arn=self.region.key_arn,
        )
        return self.region.registry.add("events", Stream(self.region.named(name), args, self.region.opts))


class DistantEvents:
    """The events of the first region, as a shop in another one has them.

    What happened, it writes into the outbox; those in the first region relay it, beside the primary.
    Positions go to the stream from everywhere.

    Attributes:
        positions: the stream.
    """

    def __init__(self, events: Events) -> None:
        self.positions = events.positions
        self._region = events.region.code

    @property
    def environment(self) -> Mapping[str, pulumi.Input[str]]:
        """How a program reaches what it sends to."""
        return {"EVENTS_REGION": self._region, "POSITIONS_STREAM": self.positions.name}

    def grant_relay(self, _: Role) -> list[pulumi.Resource]:
        """Let nobody publish: the outbox is relayed in the first region."""
        return []


def _source(stream: Stream, reader: str, settings: SharedStream) -> Stream | Reader:
    return stream.register(reader) if settings.fan_out else stream


def _hyphenated(name: str) -> str:
    return name.replace("_", "-")
