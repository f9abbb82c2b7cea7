"""What waits to be worked on: queues, streams, and the sender of mail."""

from infra.components.email_identity import EmailIdentity, EmailIdentityArgs
from infra.components.queue import DeadLetterQueue, Queue, QueueArgs
from infra.components.stream import Stream, StreamArgs
from infra.tiers.region import Region


class Events:
    """The asynchronous tier of a region.

    Attributes:
        orders: the queue of placed orders.
        positions: the stream of courier positions; what cannot be written goes to `position_failures`.
        email: who the shop's mail comes from.
    """

    def __init__(self, region: Region) -> None:
        self._region = region
        self._settings = region.settings
        self.orders = region.registry.add("events", self._orders())
        self.positions = self._positions()
        failures = DeadLetterQueue(region.named("position-failures"), region.opts)
        self.position_failures = region.registry.add("events", failures)
        sender = EmailIdentityArgs(sender=self._settings.email_sender)
        self.email = EmailIdentity(region.named("email"), sender, region.opts)

    def _orders(self) -> Queue:
        settings = self._settings.orders
        args = QueueArgs(
            visibility_timeout=settings.visibility_timeout,
            max_receives=settings.max_receives,
            retention_days=settings.retention_days,
        )
        return Queue(self._region.named("order-notifications"), args, self._region.opts)

    def _positions(self) -> Stream:
        settings = self._settings.stream
        args = StreamArgs(shards=settings.shards, retention_hours=settings.retention_hours)
        return Stream(self._region.named("positions"), args, self._region.opts)
