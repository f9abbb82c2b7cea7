"""What runs as functions, when something has happened."""

from typing import Annotated, Literal

from pydantic import Field

from infra.settings.section import Section

Memory = Annotated[
    int, Field(ge=128, le=10_240, description="Memory in MB; the share of a CPU grows with it.")
]
Storage = Annotated[int, Field(ge=512, le=10_240, description="Size of /tmp in MB; more than 512 costs.")]
Reserved = Annotated[
    int | None,
    Field(
        ge=1,
        le=900,
        description="Calls at once that are kept for it, and its most; unset shares the account's."
        " AWS refuses it in new accounts, whose limit is low.",
    ),
]


class Function(Section):
    """What all functions have."""

    memory: Memory
    ephemeral_storage: Storage = 512
    reserved_concurrency: Reserved = None
    timeout: int = Field(ge=1, le=900, description="Seconds for one call.")


class OrderedQueueFunction(Function):
    """A function that is fed from a FIFO queue, for which Lambda waits for no fuller batch."""

    max_concurrency: int | None = Field(
        None, ge=2, le=1_000, description="Calls at once that the queue may make; unset is no bound."
    )
    batch_size: int = Field(ge=1, le=10, description="Messages a call at the most.")


class QueueFunction(OrderedQueueFunction):
    """A function that is fed from a queue."""

    batch_size: int = Field(ge=1, le=10_000, description="Messages a call at the most.")
    batch_window: int = Field(ge=0, le=300, description="Seconds to wait for a fuller batch.")


class StreamFunction(Function):
    """A function that is fed from a stream."""

    late: int = Field(300, ge=10, le=86_400, description="Seconds behind the stream that raise an alarm.")
    batch_size: int = Field(ge=1, le=10_000, description="Records a call at the most.")
    batch_window: int = Field(ge=0, le=300, description="Seconds to wait for a fuller batch.")
    parallelisation: int = Field(ge=1, le=10, description="Batches of one shard at work at once.")
    max_retries: int = Field(ge=0, le=10_000, description="Retries of a failed batch before it is set aside.")
    max_age: int = Field(ge=60, le=604_800, description="Seconds after which a record is set aside.")


class RenditionFunction(StreamFunction):
    """A function that needs room for a film, and for what becomes of it."""

    ephemeral_storage: Storage = 2_048


class Api(Function):
    """The shop as a function behind API Gateway."""

    provisioned_concurrency: int | None = Field(
        None,
        ge=1,
        le=900,
        description="Environments that are always warm: no first request waits, and all are always paid for.",
    )
    timeout: int = Field(ge=1, le=29, description="Seconds a request; API Gateway gives up after 30.")
    rate: int = Field(ge=1, le=10_000, description="Requests a second, sustained.")
    burst: int = Field(ge=1, le=5_000, description="Requests at once, for a moment.")


class Functions(Section):
    """The Lambda functions."""

    tracing: bool = Field(
        default=True, description="Sample calls for X-Ray; the first 100,000 traces a month are free."
    )
    log_format: Literal["JSON", "Text"] = Field(
        "JSON", description="How Lambda writes its own lines; only JSON is filtered by log_level."
    )
    retries: int = Field(
        2, ge=0, le=2, description="Retries of an event whose sender does not wait, before it is put aside."
    )
    max_age: int = Field(
        3_600, ge=60, le=21_600, description="Seconds for which such an event is tried at the most."
    )
    order_notifications: QueueFunction
    order_inventory: QueueFunction
    payment_capture: OrderedQueueFunction
    position_writer: StreamFunction
    sales_aggregator: StreamFunction
    media_renditions: RenditionFunction
    media_captions: StreamFunction
    dead_letter_handler: Function
    api: Api


NAMES = tuple(
    name
    for name, field in Functions.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, Function)
)
"""Each function's."""
