"""What the settings of the database forbid each other."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from infra.components import database_class
from infra.errors import Problem
from infra.rules import parameters, windows
from infra.rules.rule import Rule

if TYPE_CHECKING:
    from infra.settings import Settings

STRIPED = 400
"""GiB from which on RDS spreads gp3 storage of PostgreSQL over four volumes and lets IOPS be chosen."""
BASELINE_IOPS = 12_000
IOPS_PER_THROUGHPUT = 4
"""IOPS that each MiB/s of throughput takes."""
INSTANCES = 40
"""Database instances that an account may have in a region at first."""
CONNECTIONS_OF_AN_INSTANCE = 20
"""To the primary, at most: the shop's pool for writes, and its pool for reads that must see every write."""
HALF_AN_HOUR = 30  # minutes
RDS = "RDS"

DECIDED_BY = {
    "max_connections": "database.max_connections",
    "rds.force_ssl": "database.force_ssl",
    "rds.logical_replication": "database.logical_replication",
    "shared_preload_libraries": "database.auto_explain",
}
"""Parameters that a setting of their own decides."""


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
    if settings.database.backup_retention_days:
        return
    for key, needs, none in (
        ("database.replicas", settings.database.replicas, 0),
        ("second_region.serves", settings.second_region.serves, "false"),
    ):
        if needs:
            yield Problem(
                key="database.backup_retention_days",
                value=0,
                allowed="at least 1 where there are replicas",
                remedy=f"RDS makes a replica from a backup: raise it, or set {key} to {none}.",
            )


def _classes_are_known(settings: "Settings") -> Iterator[Problem]:
    classes = {"instance_class": settings.database.instance_class}
    if settings.database.replica_class:
        classes["replica_class"] = settings.database.replica_class
    for key, value in classes.items():
        if database_class.parse(value) is None:
            yield Problem(
                key=f"database.{key}",
                value=value,
                allowed="a class of the families t, m, r or x, such as db.t4g.micro or db.r7g.xlarge",
                remedy="Look the class up in the RDS User Guide: PostgreSQL runs on no other family.",
            )


def _replicas_take_as_many_connections(settings: "Settings") -> Iterator[Problem]:
    database = settings.database
    primary = database_class.parse(database.instance_class)
    replica = database_class.parse(database.replica_class or database.instance_class)
    if primary and replica and replica.memory < primary.memory and database.max_connections is None:
        yield Problem(
            key="database.replica_class",
            value=database.replica_class,
            allowed=f"at least the {primary.memory} GiB of {database.instance_class}",
            remedy="A replica does not start with a lower max_connections than its primary, and RDS derives "
            "it from the memory: choose a larger class, or set database.max_connections.",
        )


def _instances_fit_into_the_quota(settings: "Settings") -> Iterator[Problem]:
    database = settings.database
    instances = database.shards * (1 + database.replicas)
    if instances > INSTANCES:
        yield Problem(
            key="database.shards",
            value=database.shards,
            allowed=f"at most {INSTANCES // (1 + database.replicas)} with {database.replicas} replicas each",
            remedy=f"AWS lets an account have {INSTANCES} instances in a region: take fewer of either.",
        )


def _shards_double(settings: "Settings") -> Iterator[Problem]:
    shards = settings.database.shards
    if shards & (shards - 1):
        yield Problem(
            key="database.shards",
            value=shards,
            allowed="1, 2, 4, 8 or 16",
            remedy="Double it: then each shard gives half of its rows to one new shard, and no others move.",
        )


def _connections_suffice(settings: "Settings") -> Iterator[Problem]:
    database = settings.database
    machine = database_class.parse(database.instance_class)
    if database.proxy.enabled or machine is None:
        return
    has = database.max_connections or machine.connections
    instances = sum(service.max_size for service in settings.services.values())
    if instances * CONNECTIONS_OF_AN_INSTANCE > has:
        yield Problem(
            key="database.instance_class",
            value=database.instance_class,
            allowed=f"classes that take {instances * CONNECTIONS_OF_AN_INSTANCE} connections; this one takes "
            f"about {has}",
            remedy=f"Each of {instances} instances opens up to {CONNECTIONS_OF_AN_INSTANCE}: choose a larger "
            "class, set database.proxy.enabled, or lower max_size of the services.",
        )


def _speed_needs_size(settings: "Settings") -> Iterator[Problem]:
    database = settings.database
    for key, value in (("iops", database.iops), ("throughput", database.throughput)):
        if value is not None and database.storage < STRIPED:
            yield Problem(
                key=f"database.{key}",
                value=value,
                allowed=f"unset below {STRIPED} GiB of database.storage",
                remedy=f"Remove it, or take {STRIPED} GiB: RDS lets smaller storage have its baseline only.",
            )


def _throughput_needs_iops(settings: "Settings") -> Iterator[Problem]:
    database = settings.database
    most = (database.iops or BASELINE_IOPS) // IOPS_PER_THROUGHPUT
    if database.throughput is not None and database.throughput > most:
        yield Problem(
            key="database.throughput",
            value=database.throughput,
            allowed=f"at most {most}, a quarter of database.iops",
            remedy="Raise database.iops, or lower this.",
        )


def _insights_last_whole_months(settings: "Settings") -> Iterator[Problem]:
    days = settings.database.performance_insights_days
    if days not in (0, 7, 731) and days % 31:
        yield Problem(
            key="database.performance_insights_days",
            value=days,
            allowed="0, 7, 731, or a multiple of 31",
            remedy="Performance Insights counts in months of 31 days; 7 days cost nothing.",
        )


def _blue_green_can_be(settings: "Settings") -> Iterator[Problem]:
    database = settings.database
    if not database.blue_green:
        return
    if database.replicas or settings.second_region.serves:
        yield Problem(
            key="database.blue_green",
            value=True,
            allowed="false where there are replicas",
            remedy="The provider does not change databases with replicas over, of whichever region: do "
            "without them, or without blue_green.",
        )
    if not database.logical_replication:
        yield Problem(
            key="database.logical_replication",
            value=False,
            allowed="true with blue_green",
            remedy="The copy follows by logical replication: switch it on.",
        )
    if not database.backup_retention_days:
        yield Problem(
            key="database.backup_retention_days",
            value=0,
            allowed="at least 1 with blue_green",
            remedy="The copy is made from a backup: raise it.",
        )


def _proxy_keeps_no_more_than_it_opens(settings: "Settings") -> Iterator[Problem]:
    proxy = settings.database.proxy
    if proxy.max_idle_connections_percent > proxy.max_connections_percent:
        yield Problem(
            key="database.proxy.max_idle_connections_percent",
            value=proxy.max_idle_connections_percent,
            allowed=f"at most {proxy.max_connections_percent}, which is max_connections_percent",
            remedy="Lower it: a proxy cannot keep connections that it may not open.",
        )


def _parameters_have_one_place(settings: "Settings") -> Iterator[Problem]:
    yield from parameters.decided_elsewhere("database.parameters", settings.database.parameters, DECIDED_BY)


def _windows_are_long_enough(settings: "Settings") -> Iterator[Problem]:
    database = settings.database
    yield from windows.too_short("database.backup_window", database.backup_window, HALF_AN_HOUR, RDS)
    yield from windows.too_short(
        "database.maintenance_window", database.maintenance_window, HALF_AN_HOUR, RDS
    )


def _windows_do_not_overlap(settings: "Settings") -> Iterator[Problem]:
    database = settings.database
    yield from windows.overlapping(
        "database.backup_window",
        database.backup_window,
        "database.maintenance_window",
        database.maintenance_window,
        RDS,
    )


def _emulator_runs_what_it_can(settings: "Settings") -> Iterator[Problem]:
    if not settings.emulator:
        return
    wanted = {
        "database.proxy.enabled": (settings.database.proxy.enabled, False),
        "database.rotation_days": (settings.database.rotation_days, 0),
    }
    for key, (value, allowed) in wanted.items():
        if value != allowed:
            yield Problem(
                key=key,
                value=value,
                allowed=f"{str(allowed).lower()} with emulator",
                remedy="Nothing local stands in for it: programs would wait for what never comes.",
            )


RULES: tuple[Rule, ...] = (
    _storage_can_grow,
    _replicas_need_backups,
    _classes_are_known,
    _replicas_take_as_many_connections,
    _instances_fit_into_the_quota,
    _shards_double,
    _connections_suffice,
    _speed_needs_size,
    _throughput_needs_iops,
    _insights_last_whole_months,
    _blue_green_can_be,
    _proxy_keeps_no_more_than_it_opens,
    _parameters_have_one_place,
    _windows_are_long_enough,
    _windows_do_not_overlap,
    _emulator_runs_what_it_can,
)
