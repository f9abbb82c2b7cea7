"""What waits to be worked on: queues, the event bus and streams."""

from pydantic import Field

from infra.settings.section import Section


class Queue(Section):
    """A queue that one function works off."""

    visibility_timeout: int = Field(
        ge=1, le=43_200, description="Seconds that a received message stays hidden from others."
    )
    max_receives: int = Field(ge=1, le=1_000, description="Receives before a message is a dead letter.")
    retention_days: int = Field(ge=1, le=14, description="Days that an unread message is kept.")
    age_alarm: int = Field(
        ge=60, le=1_209_600, description="Seconds that a message may wait before somebody hears of it."
    )
    depth_alarm: int | None = Field(
        ge=1,
        le=10_000_000,
        description="Messages that may wait before somebody hears of it; unset is any number.",
    )


class Queues(Section):
    """The queues, each called like the function that works it off."""

    order_notifications: Queue
    order_inventory: Queue
    payment_capture: Queue


class Bus(Section):
    """The bus that events of the shop go over, to a queue for each consumer."""

    archive_days: int | None = Field(
        ge=1, le=3_650, description="Days that events are kept to be replayed; unset keeps none."
    )
    max_age: int = Field(
        ge=60, le=86_400, description="Seconds that an event is tried before it is set aside."
    )


class Stream(Section):
    """A stream."""

    shards: int | None = Field(
        ge=1,
        le=200,
        description="Shards, 1 MB/s in each; unset is on-demand capacity, which starts at 4 MB/s. "
        "An account has 50 on-demand streams.",
    )
    retention_hours: int = Field(ge=24, le=8_760, description="Hours that a record can be read.")
    shard_metrics: bool = Field(
        description="Measure each shard, which shows a hot key; about 2 USD a month and shard."
    )


class SharedStream(Stream):
    """A stream that several read."""

    fan_out: bool = Field(
        description="Give each function that reads it a throughput of its own, where others read beside it."
    )


class Streams(Section):
    """The streams: where couriers are, what was paid, and what was uploaded."""

    positions: SharedStream
    sales: Stream
    media: SharedStream
