"""What settings forbid each other: each rule is one thing that a real `pulumi up` would trip over.

A rule looks at the whole settings, whose fields are sound by then, and yields a `Problem` for each thing that
cannot work.
"""

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from infra.errors import Problem

if TYPE_CHECKING:
    from infra.settings import Settings

Rule = Callable[["Settings"], Iterator[Problem]]

LAMBDA_VISIBILITY_FACTOR = 6
"""AWS: set a queue's visibility timeout to at least six times the function's, plus the batch window."""

SERVICES_WITHOUT_NAT = frozenset({"secretsmanager", "ssm", "sqs", "kinesis-streams", "email"})
"""What instances and functions call beside S3 and DynamoDB, which have gateway endpoints of their own."""

RESERVED_PREFIXES = ("aws", "ssm", "internal-")

OWN_TAGS = frozenset({"Project", "Stack", "Stage"})


def problems(settings: "Settings") -> list[Problem]:
    """Every problem that the rules find in `settings`."""
    return [problem for rule in RULES for problem in rule(settings)]


def _names_are_free(settings: "Settings") -> Iterator[Problem]:
    taken = next((word for word in RESERVED_PREFIXES if settings.project.startswith(word)), None)
    if taken:
        yield Problem(
            key="project",
            value=settings.project,
            allowed=f"a name that does not begin with {', '.join(RESERVED_PREFIXES)}",
            remedy="AWS keeps these for itself in parameters and load balancers: choose another name.",
        )


def _vpc_is_private_and_has_room(settings: "Settings") -> Iterator[Problem]:
    cidr = settings.network.cidr
    # A sixteenth of a /22 is a /26: an AWS load balancer wants at least a /27 with eight addresses free.
    if not (cidr.is_private and 16 <= cidr.prefixlen <= 22):
        yield Problem(
            key="network.cidr",
            value=str(cidr),
            allowed="a private network of /16 to /22",
            remedy="AWS allows nothing larger than /16, and below /22 a tier's subnets are too small.",
        )


def _no_nat_needs_endpoints(settings: "Settings") -> Iterator[Problem]:
    missing = sorted(SERVICES_WITHOUT_NAT - set(settings.network.interface_endpoints))
    if settings.network.nat == "none" and missing:
        yield Problem(
            key="network.nat",
            value="none",
            allowed=f"single or per_zone, or none with interface_endpoints for {', '.join(missing)}",
            remedy="Without a way out, what runs in private subnets cannot call these services.",
        )


def _instance_type_is_of_the_architecture(settings: "Settings") -> Iterator[Problem]:
    family = settings.fleet.instance_type.partition(".")[0]
    # AWS marks its ARM processors by a g straight after the generation: t4g, m7gd, c8gn; a1 came before that.
    actual = "arm64" if family == "a1" or re.fullmatch(r"[a-z]+\d+g[a-z]*", family) else "x86_64"
    if actual != settings.architecture:
        yield Problem(
            key="fleet.instance_type",
            value=settings.fleet.instance_type,
            allowed=f"a type with {settings.architecture} processors",
            remedy=f"Choose another type, or set architecture to {actual}.",
        )


def _artifacts_run_where_they_land(settings: "Settings") -> Iterator[Problem]:
    if settings.artifacts == "local" and not settings.emulator:
        yield Problem(
            key="artifacts",
            value="local",
            allowed=settings.architecture,
            remedy="Artifacts built for this machine run only where `emulator` is true.",
        )
    elif settings.artifacts not in (None, "local", settings.architecture):
        yield Problem(
            key="artifacts",
            value=settings.artifacts,
            allowed=settings.architecture,
            remedy="Leave it unset, or change architecture too.",
        )


def _fleet_sizes_are_in_order(settings: "Settings") -> Iterator[Problem]:
    if settings.fleet.min_size > settings.fleet.max_size:
        yield Problem(
            key="fleet.min_size",
            value=settings.fleet.min_size,
            allowed=f"at most fleet.max_size, {settings.fleet.max_size}",
            remedy="Lower it or raise fleet.max_size.",
        )


def _storage_can_grow(settings: "Settings") -> Iterator[Problem]:
    least = -(-settings.database.storage * 11 // 10)  # RDS wants a tenth more, rounded up
    if settings.database.max_storage < least:
        yield Problem(
            key="database.max_storage",
            value=settings.database.max_storage,
            allowed=f"at least {least}, a tenth above database.storage",
            remedy="Raise it: RDS refuses storage that has no room to grow.",
        )


def _replicas_need_backups(settings: "Settings") -> Iterator[Problem]:
    if settings.database.replicas and not settings.database.backup_retention_days:
        yield Problem(
            key="database.backup_retention_days",
            value=0,
            allowed="at least 1 where there are replicas",
            remedy="RDS makes a replica from a backup: raise it, or set database.replicas to 0.",
        )


def _failover_needs_two_nodes(settings: "Settings") -> Iterator[Problem]:
    if settings.cache.automatic_failover and settings.cache.nodes < 2:
        yield Problem(
            key="cache.nodes",
            value=settings.cache.nodes,
            allowed="at least 2 with automatic_failover",
            remedy="Add a node to fail over to, or set cache.automatic_failover to false.",
        )


def _queue_waits_for_its_function(settings: "Settings") -> Iterator[Problem]:
    function = settings.functions.order_notifications
    least = LAMBDA_VISIBILITY_FACTOR * function.timeout + function.batch_window
    if settings.orders.visibility_timeout < least:
        yield Problem(
            key="orders.visibility_timeout",
            value=settings.orders.visibility_timeout,
            allowed=f"at least {least}, six times functions.order_notifications.timeout plus batch_window",
            remedy="Raise it, or messages come back while their first delivery is still at work.",
        )


def _large_batches_need_a_window(settings: "Settings") -> Iterator[Problem]:
    function = settings.functions.order_notifications
    if function.batch_size > 10 and not function.batch_window:
        yield Problem(
            key="functions.order_notifications.batch_window",
            value=0,
            allowed="at least 1 where batch_size is above 10",
            remedy="SQS gives 10 messages at once: wait for more, or lower batch_size.",
        )


def _records_outlive_their_retries(settings: "Settings") -> Iterator[Problem]:
    retention = settings.stream.retention_hours * 3_600
    if settings.functions.position_writer.max_age > retention:
        yield Problem(
            key="functions.position_writer.max_age",
            value=settings.functions.position_writer.max_age,
            allowed=f"at most stream.retention_hours in seconds, {retention}",
            remedy="A record that the stream has dropped reaches no failure queue: lower it.",
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
        ("network.nat", settings.network.nat, settings.network.nat != "single", "per_zone", "One zone down"),
        (
            "fleet.min_size",
            settings.fleet.min_size,
            settings.fleet.min_size >= 2,
            "at least 2",
            "One instance down",
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
    if settings.fleet.ami is None:
        yield Problem(
            key="fleet.ami",
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
    for key, encrypted in (
        ("database.force_ssl", settings.database.force_ssl),
        ("cache.transit_encryption", settings.cache.transit_encryption),
    ):
        if not encrypted:
            yield Problem(
                key=key, value=False, allowed="true in stage prod", remedy="Remove it: TLS is the default."
            )


RULES: tuple[Rule, ...] = (
    _names_are_free,
    _vpc_is_private_and_has_room,
    _no_nat_needs_endpoints,
    _instance_type_is_of_the_architecture,
    _artifacts_run_where_they_land,
    _fleet_sizes_are_in_order,
    _storage_can_grow,
    _replicas_need_backups,
    _failover_needs_two_nodes,
    _queue_waits_for_its_function,
    _large_batches_need_a_window,
    _records_outlive_their_retries,
    _tags_are_the_owners,
    _emulator_is_for_development,
    _production_is_redundant,
    _production_is_deliberate,
)
