"""What runs on instances."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from infra.settings.section import Section

Percent = Annotated[int, Field(ge=1, le=100)]
InstanceType = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*\.[a-z0-9-]+$", examples=["t4g.small"])]


class Compute(Section):
    """What all instances have in common."""

    ami: str | None = Field(
        None,
        pattern=r"^ami-[0-9a-f]{8,17}$",
        examples=["ami-0123456789abcdef0"],
        description="Amazon Linux 2023 image; unset takes the newest at every `pulumi up`.",
    )


class Volume(Section):
    """The root volume: gp3, encrypted."""

    size: int = Field(10, ge=8, le=16_384, description="Size in GiB.")
    iops: int | None = Field(
        None, ge=3_000, le=16_000, description="Operations a second; unset is 3,000, which cost nothing."
    )
    throughput: int | None = Field(
        None, ge=125, le=1_000, description="MiB a second; unset is 125, which cost nothing."
    )


class Spot(Section):
    """How much of a service runs on spare capacity, at about a third of the price."""

    percent: int = Field(ge=1, le=100, description="Percent of the instances above the base.")
    on_demand_base: int = Field(1, ge=0, le=500, description="Instances that never are spare capacity.")


class WarmPool(Section):
    """Instances that have booted and wait."""

    size: int = Field(ge=1, le=100, description="Instances that wait at the least.")
    state: Literal["Stopped", "Hibernated", "Running"] = Field(
        "Stopped", description="How they wait: stopped ones cost their volumes only."
    )


class Schedule(Section):
    """Sizes by the clock."""

    cron: str = Field(examples=["0 8 * * MON-FRI"], description="When, as cron's five fields.")
    time_zone: str = Field("UTC", examples=["Europe/Berlin"], description="Time zone of `cron`.")
    min_size: int | None = Field(None, ge=0, le=500, description="Instances at the least from then on.")
    max_size: int | None = Field(None, ge=0, le=500, description="Instances at the most from then on.")


class Scaling(Section):
    """How a service's instances follow its load."""

    cpu: int | None = Field(60, ge=10, le=90, description="Average CPU in percent that scaling aims at.")
    requests: int | None = Field(
        None, ge=10, le=1_000_000, description="Requests a minute and instance that scaling aims at."
    )
    burst: bool = Field(
        default=True,
        description="Add instances after one minute of far more, where every minute is measured.",
    )
    predictive: Literal["off", "forecast", "scale"] = Field(
        "off", description="Launch ahead of what the last two weeks foretell, or only show the forecast."
    )
    schedules: dict[str, Schedule] = Field({}, description="Sizes by the clock, by a name of one's own.")


class Refresh(Section):
    """How a new version reaches a service's instances."""

    min_healthy: int = Field(100, ge=0, le=100, description="Percent in service, at least, meanwhile.")
    max_healthy: int = Field(200, ge=100, le=200, description="Percent in service, at most, meanwhile.")
    checkpoints: list[Percent] = Field(
        [],
        examples=["20"],
        description="Percent of the instances after which it rests, the last 100; none is in one go.",
    )
    checkpoint_delay: int = Field(300, ge=0, le=172_800, description="Seconds that it rests at a checkpoint.")
    rollback_on_errors: bool = Field(
        default=True, description="Go back once the service answers with server errors."
    )


TerminationPolicy = Literal[
    "AllocationStrategy", "ClosestToNextInstanceHour", "Default", "NewestInstance", "OldestInstance",
    "OldestLaunchTemplate",
]  # fmt: skip


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
    volume: Volume = Field(Volume(), description="The root volume.")
    spot: Spot | None = Field(None, description="How much runs on spare capacity; unset is nothing.")
    cpu_credits: Literal["standard", "unlimited"] | None = Field(
        None, description="What burstable types do without credits: slow down, or cost more."
    )
    detailed_monitoring: bool = Field(
        default=True, description="CPU every minute, which scaling needs; 2 USD a month and instance."
    )
    scaling: Scaling = Field(Scaling(), description="How the instances follow the load.")
    health_check_grace: int = Field(
        300,
        ge=60,
        le=3_600,
        description="Seconds that a new instance may take before a failed check ends it.",
    )
    warm_up: int = Field(60, ge=0, le=3_600, description="Seconds until a new instance's metrics count.")
    capacity_timeout: int = Field(
        15, ge=5, le=60, description="Minutes that an `up` waits until the first instances answer."
    )
    launch_timeout: int | None = Field(
        None,
        ge=60,
        le=7_200,
        description="Seconds in which an instance must say that it answers; unset is not.",
    )
    drain_timeout: int = Field(
        120, ge=60, le=7_200, description="Seconds in which an instance finishes its requests before it ends."
    )
    warm_pool: WarmPool | None = Field(
        None, description="Instances that have booted and wait; unset is none."
    )
    refresh: Refresh = Field(Refresh(), description="How a new version reaches the instances.")
    max_lifetime_days: int | None = Field(
        None, ge=1, le=365, description="Days after which an instance is replaced; unset is never."
    )
    termination_policies: list[TerminationPolicy] = Field(
        ["AllocationStrategy", "OldestLaunchTemplate"],
        min_length=1,
        examples=["OldestInstance"],
        description="Which instance goes first.",
    )
    protect_from_scale_in: bool = Field(default=False, description="Let scaling end no instance.")


def _present(services: object) -> object:
    """A stack file sets a service of its preset to null to do without it."""
    if not isinstance(services, Mapping):
        return services
    return {name: service for name, service in services.items() if service is not None}


Services = Annotated[dict[str, Service], BeforeValidator(_present)]
