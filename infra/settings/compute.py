"""What runs: instances and functions."""

from typing import Annotated

from pydantic import Field

from infra.settings.section import Section

Memory = Annotated[
    int, Field(ge=128, le=10_240, description="Memory in MB; the share of a CPU grows with it.")
]


class Fleet(Section):
    """The shop's instances."""

    instance_type: str = Field(
        pattern=r"^[a-z][a-z0-9-]*\.[a-z0-9-]+$",
        examples=["t4g.small"],
        description="EC2 instance type, of the stack's architecture.",
    )
    ami: str | None = Field(
        None,
        pattern=r"^ami-[0-9a-f]{8,17}$",
        examples=["ami-0123456789abcdef0"],
        description="Amazon Linux 2023 image; unset takes the newest at every `pulumi up`.",
    )
    min_size: int = Field(ge=1, le=100, description="Instances at the least.")
    max_size: int = Field(ge=1, le=100, description="Instances at the most.")
    volume_size: int = Field(ge=8, le=1_000, description="Root volume in GiB.")
    cpu_target: int = Field(ge=10, le=90, description="Average CPU in percent that scaling aims at.")
    health_check_grace: int = Field(
        ge=60,
        le=3_600,
        description="Seconds that a new instance may take before a failed check ends it.",
    )


class OrderNotifications(Section):
    """The function that mails the customer."""

    memory: Memory
    timeout: int = Field(ge=1, le=900, description="Seconds for one batch.")
    batch_size: int = Field(ge=1, le=10_000, description="Messages a call at the most.")
    batch_window: int = Field(ge=0, le=300, description="Seconds to wait for a fuller batch.")


class PositionWriter(Section):
    """The function that writes courier positions."""

    memory: Memory
    timeout: int = Field(ge=1, le=900, description="Seconds for one batch.")
    batch_size: int = Field(ge=1, le=10_000, description="Records a call at the most.")
    batch_window: int = Field(ge=0, le=300, description="Seconds to wait for a fuller batch.")
    parallelisation: int = Field(ge=1, le=10, description="Batches of one shard at work at once.")
    max_retries: int = Field(ge=0, le=10_000, description="Retries of a failed batch before it is set aside.")
    max_age: int = Field(ge=60, le=604_800, description="Seconds after which a record is set aside.")


class Api(Section):
    """The shop as a function behind API Gateway."""

    memory: Memory
    timeout: int = Field(ge=1, le=29, description="Seconds a request; API Gateway gives up after 30.")
    rate: int = Field(ge=1, le=10_000, description="Requests a second, sustained.")
    burst: int = Field(ge=1, le=5_000, description="Requests at once, for a moment.")


class Functions(Section):
    """The Lambda functions."""

    order_notifications: OrderNotifications
    position_writer: PositionWriter
    api: Api
