"""What holds for a whole stack: its names and tags, and what a stage asks for."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from infra.errors import Problem
from infra.rules.rule import Rule

if TYPE_CHECKING:
    from infra.settings import Settings

RESERVED_PREFIXES = ("aws", "ssm", "internal-")

OWN_TAGS = frozenset({"Project", "Stack", "Stage"})


def _names_are_free(settings: "Settings") -> Iterator[Problem]:
    taken = next((word for word in RESERVED_PREFIXES if settings.project.startswith(word)), None)
    if taken:
        yield Problem(
            key="project",
            value=settings.project,
            allowed=f"a name that does not begin with {', '.join(RESERVED_PREFIXES)}",
            remedy="AWS keeps these for itself in parameters and load balancers: choose another name.",
        )


def _tags_are_the_owners(settings: "Settings") -> Iterator[Problem]:
    for name, value in settings.tags.items():
        if (
            name in OWN_TAGS
            or name.lower().startswith("aws:")
            or not 1 <= len(name) <= 128
            or len(value) > 256
        ):
            yield Problem(
                key=f"tags.{name}",
                value=value,
                allowed="names of 1 to 128 characters, not Project, Stack, Stage, aws:*; values to 256",
                remedy="Rename or shorten the tag.",
            )


def _emulator_is_for_development(settings: "Settings") -> Iterator[Problem]:
    if settings.emulator and settings.stage != "dev":
        yield Problem(
            key="emulator",
            value=True,
            allowed=f"false in stage {settings.stage}",
            remedy="Remove it: with it, credentials go unchecked.",
        )


def _production_is_redundant(settings: "Settings") -> Iterator[Problem]:
    if settings.stage != "prod":
        return
    wanted = (
        (
            "network.nat",
            settings.network.nat,
            settings.network.nat in ("per_zone", "none"),
            "per_zone",
            "One zone down",
        ),
        *(
            (
                f"services.{name}.min_size",
                service.min_size,
                service.min_size >= 2,
                "at least 2",
                "One instance down",
            )
            for name, service in settings.services.items()
        ),
        (
            "database.multi_az",
            settings.database.multi_az,
            settings.database.multi_az,
            "true",
            "One zone down",
        ),
        (
            "cache.automatic_failover",
            settings.cache.automatic_failover,
            settings.cache.automatic_failover,
            "true",
            "One node down",
        ),
    )
    for key, value, holds, allowed, event in wanted:
        if not holds:
            yield Problem(
                key=key,
                value=value,
                allowed=f"{allowed} in stage prod",
                remedy=f"{event} would take the shop with it: change it, or choose another stage.",
            )


def _production_is_deliberate(settings: "Settings") -> Iterator[Problem]:
    if settings.stage != "prod":
        return
    if settings.compute.ami is None:
        yield Problem(
            key="compute.ami",
            value=None,
            allowed="an image id in stage prod",
            remedy="Pin it: the newest image would roll every instance at an unrelated `up`.",
        )
    if settings.alarm_email is None:
        yield Problem(
            key="alarm_email",
            value=None,
            allowed="an address in stage prod",
            remedy="Set it: an alarm that nobody hears is none.",
        )
    if settings.database.backup_retention_days < 7:
        yield Problem(
            key="database.backup_retention_days",
            value=settings.database.backup_retention_days,
            allowed="at least 7 in stage prod",
            remedy="Raise it: mistakes are often found days later.",
        )
    for key, on, default in (
        ("database.force_ssl", settings.database.force_ssl, "TLS is"),
        ("cache.transit_encryption", settings.cache.transit_encryption, "TLS is"),
        ("cache.authentication", settings.cache.authentication, "passwords are"),
    ):
        if not on:
            yield Problem(
                key=key,
                value=False,
                allowed="true in stage prod",
                remedy=f"Remove it: {default} the default.",
            )


RULES: tuple[Rule, ...] = (
    _names_are_free,
    _tags_are_the_owners,
    _emulator_is_for_development,
    _production_is_redundant,
    _production_is_deliberate,
)
