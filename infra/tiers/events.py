"""What waits to be worked on: queues, streams, the bus that events go over, and the sender of mail."""

from collections.abc import Mapping, Sequence

import pulumi

from infra.components.email_identity import EmailIdentity, EmailIdentityArgs
from infra.components.event_bus import EventBus, EventBusArgs, EventDelivery, EventRule
from infra.components.policy import Role, Sender
from infra.components.queue import DeadLetterQueue, DeadLetterQueueArgs, Encryption, Queue, QueueArgs
from infra.components.stream import Reader, Stream, StreamArgs
from infra.tiers.region import Region

SHOP = "shop"
"""What events say that they come from."""
ORDER_PLACED = "order.placed"


class Events:
    """The asynchronous tier of a region.

    Attributes:
        region: where it stands.
        bus: what the shop's events go over, where there is one; a rule leads to each consumer's queue.
        orders: the queue of placed orders, which they reach over the bus or straight.
        positions: the stream of courier positions; what cannot be written goes to `position_failures`.
        position_source: what feeds the writer of positions: the stream, or a throughput of its own.
        email: who the shop's mail comes from.
    """

    def __init__(self, region: Region) -> None:
        self.region = region
        self._settings = region.settings
        self._encryption = None if region.key_arn is None else Encryption(kms_key_arn=region.key_arn)
        self.bus = self._bus() if self._settings.bus.enabled else None
        placed = self.bus.on("order-placed", [ORDER_PLACED]) if self.bus else None
        self.orders = region.registry.add("events", self._orders([placed.sender] if placed else []))
        if placed:
            self._deliver(placed)
        self.positions = region.registry.add("events", self._positions())
        self.position_source: Stream | Reader = self._position_source()
        self.position_failures = region.registry.add("events", self._dead_letters("position-failures", []))
        sender = EmailIdentityArgs(sender=self._settings.email_sender)
        self.email = EmailIdentity(region.named("email"), sender, region.opts)

    @property
    def environment(self) -> Mapping[str, pulumi.Input[str]]:
        """How a program reaches what it sends to."""
        sends = {"EVENT_BUS": self.bus.name} if self.bus else {"ORDERS_QUEUE_URL": self.orders.url}
        return {**sends, "POSITIONS_STREAM": self.positions.name}

    def grant_relay(self, role: Role) -> list[pulumi.Resource]:
        """Let `role` publish what the outbox holds."""
        return [self.bus.grant_put(role) if self.bus else self.orders.grant_send(role)]

    def _bus(self) -> EventBus:
        # By EventBridge's own key: what a bus cannot encrypt, while ours is away, never reaches its rules.
        args = EventBusArgs(source=SHOP, archive_days=self._settings.bus.archive_days)
        return EventBus(self.region.named(SHOP), args, self.region.opts)

    def _orders(self, senders: Sequence[Sender]) -> Queue:
        settings = self._settings.orders
        args = QueueArgs(
            visibility_timeout=settings.visibility_timeout,
            max_receives=settings.max_receives,
            retention_days=settings.retention_days,
            age_alarm=settings.age_alarm,
            depth_alarm=settings.depth_alarm,
            encryption=self._encryption,
            senders=senders,
        )
        return Queue(self.region.named("order-notifications"), args, self.region.opts)

    def _deliver(self, placed: EventRule) -> None:
        """Send placed orders to their queue, and set aside what does not get there."""
        undelivered = self._dead_letters("undelivered-events", [placed.sender])
        delivery = EventDelivery(max_age=self._settings.bus.max_age)
        placed.deliver_to("order-notifications", self.orders, delivery, undelivered)
        self.region.registry.add("events", placed)
        self.region.registry.add("events", undelivered)

    def _dead_letters(self, name: str, senders: Sequence[Sender]) -> DeadLetterQueue:
        args = DeadLetterQueueArgs(encryption=self._encryption, senders=senders)
        return DeadLetterQueue(self.region.named(name), args, self.region.opts)

    def _positions(self) -> Stream:
        settings = self._settings.stream
        args = StreamArgs(
            shards=settings.shards,
            retention_hours=settings.retention_hours,
            shard_metrics=settings.shard_metrics,
            kms_key_arn=self.region.key_arn,
        )
        return Stream(self.region.named("positions"), args, self.region.opts)

    def _position_source(self) -> Stream | Reader:
        return self.positions.register("writer") if self._settings.stream.fan_out else self.positions


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
