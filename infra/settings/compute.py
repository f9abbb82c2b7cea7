"""What runs: instances and functions."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator, Field

from infra.settings.section import Section

Memory = Annotated[
    int, Field(ge=128, le=10_240, description="Memory in MB; the share of a CPU grows with it.")
]


InstanceType = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*\.[a-z0-9-]+$", examples=["t4g.small"])]


class Compute(Section):
    """What all instances have in common."""

    ami: str | None = Field(
        None,
        pattern=r"^ami-[0-9a-f]{8,17}$",
        examples=["ami-0123456789abcdef0"],
        description="Amazon Linux 2023 image; unset takes the newest at every `pulumi up`.",
    )


class Service(Section):
    """Instances that answer some of the shop's paths, and scale by themselves."""

    paths: list[str] = Field(
        min_length=1,
        examples=["/products*"],
        description="Paths that it answers. Together, the services answer every path of the shop once.",
    )
    hosts: list[str] = Field(
        [],
        examples=["api.example.com"],
        max_length=2,
        description="Host names, two at the most, to which it answers; none is whatever the CDN asks.",
    )
    instance_types: list[InstanceType] = Field(
        ["t4g.small"],
        min_length=1,
        max_length=20,
        examples=["t4g.small"],
        description="EC2 instance types of the stack's architecture, the most wanted first.",
    )
    min_size: int = Field(2, ge=1, le=500, description="Instances at the least.")
    max_size: int = Field(4, ge=1, le=500, description="Instances at the most.")
    volume_size: int = Field(10, ge=8, le=1_000, description="Root volume in GiB.")
    cpu_target: int = Field(60, ge=10, le=90, description="Average CPU in percent that scaling aims at.")
    health_check_grace: int = Field(
        300,
        ge=60,
        le=3_600,
        description="Seconds that a new instance may take before a failed check ends it.",
    )


def _present(services: object) -> object:
    """A stack file sets a service of its preset to null to do without it."""
    if not isinstance(services, Mapping):
        return services
    return {name: service for name, service in services.items() if service is not None}


Services = Annotated[dict[str, Service], BeforeValidator(_present)]


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
