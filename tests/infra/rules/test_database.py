"""What the settings of the database forbid each other, and in which words."""

from typing import Any

import pytest

from app.platform.settings import DatabaseSettings
from infra.rules.database import CONNECTIONS_OF_AN_INSTANCE
from tests.infra.stacks import DEV, parse, refusal

PROBLEMS: list[tuple[dict[str, Any], str, str]] = [
    (
        {"storage": 100, "max_storage": 109},
        "database.max_storage is 109; allowed: at least 110, a tenth above database.storage.",
        "Raise it: RDS refuses storage that has no room to grow.",
    ),
    (
        {"replicas": 1, "backup_retention_days": 0},
        "database.backup_retention_days is 0; allowed: at least 1 where there are replicas.",
        "RDS makes a replica from a backup: raise it, or set database.replicas to 0.",
    ),
    (
        {"instance_class": "db.c7g.large"},
        (
            "database.instance_class is 'db.c7g.large'; allowed: a class of the families t, m, r or x, such "
            "as db.t4g.micro or db.r7g.xlarge."
        ),
        "Look the class up in the RDS User Guide: PostgreSQL runs on no other family.",
    ),
    (
        {"instance_class": "db.r7g.xlarge", "replica_class": "db.r7g.large", "replicas": 1},
        "database.replica_class is 'db.r7g.large'; allowed: at least the 32 GiB of db.r7g.xlarge.",
        (
            "A replica does not start with a lower max_connections than its primary, and RDS derives it from "
            "the memory: choose a larger class, or set database.max_connections."
        ),
    ),
    (
        {"shards": 16, "replicas": 2},
        "database.shards is 16; allowed: at most 13 with 2 replicas each.",
        "AWS lets an account have 40 instances in a region: take fewer of either.",
    ),
    (
        {"shards": 3},
        "database.shards is 3; allowed: 1, 2, 4, 8 or 16.",
        "Double it: then each shard gives half of its rows to one new shard, and no others move.",
    ),
    (
        {"iops": 12_000},
        "database.iops is 12000; allowed: unset below 400 GiB of database.storage.",
        "Remove it, or take 400 GiB: RDS lets smaller storage have its baseline only.",
    ),
    (
        {"throughput": 500},
        "database.throughput is 500; allowed: unset below 400 GiB of database.storage.",
        "Remove it, or take 400 GiB: RDS lets smaller storage have its baseline only.",
    ),
    (
        {"throughput": 3001, "storage": 400, "max_storage": 500},
        "database.throughput is 3001; allowed: at most 3000, a quarter of database.iops.",
        "Raise database.iops, or lower this.",
    ),
    (
        {"performance_insights_days": 30},
        "database.performance_insights_days is 30; allowed: 0, 7, 731, or a multiple of 31.",
        "Performance Insights counts in months of 31 days; 7 days cost nothing.",
    ),
    (
        {"blue_green": True, "logical_replication": True, "replicas": 1},
        "database.blue_green is True; allowed: false where there are replicas.",
        (
            "The provider does not change databases with replicas over, of whichever region: do without "
            "them, or without blue_green."
        ),
    ),
    (
        {"blue_green": True},
        "database.logical_replication is False; allowed: true with blue_green.",
        "The copy follows by logical replication: switch it on.",
    ),
    (
        {"blue_green": True, "logical_replication": True, "backup_retention_days": 0},
        "database.backup_retention_days is 0; allowed: at least 1 with blue_green.",
        "The copy is made from a backup: raise it.",
    ),
    (
        {"proxy": {"enabled": True, "max_connections_percent": 40}},
        (
            "database.proxy.max_idle_connections_percent is 50; allowed: at most 40, which is "
            "max_connections_percent."
        ),
        "Lower it: a proxy cannot keep connections that it may not open.",
    ),
    (
        {"parameters": {"rds.force_ssl": "0"}},
        "database.parameters.rds.force_ssl is '0'; allowed: parameters that no other setting decides.",
        "Remove it, and set database.force_ssl.",
    ),
    (
        {"backup_window": "23:50-00:10"},
        "database.backup_window is '23:50-00:10'; allowed: at least 30 minutes.",
        "RDS refuses shorter windows: end it later.",
    ),
    (
        {"maintenance_window": "sun:23:50-mon:00:10"},
        "database.maintenance_window is 'sun:23:50-mon:00:10'; allowed: at least 30 minutes.",
        "RDS refuses shorter windows: end it later.",
    ),
    (
        {"backup_window": "00:10-01:00", "maintenance_window": "sun:23:50-mon:00:20"},
        (
            "database.backup_window is '00:10-01:00'; allowed: a time apart from database.maintenance_window"
            ", sun:23:50-mon:00:20."
        ),
        "RDS refuses windows that overlap: move one of them.",
    ),
]


@pytest.mark.parametrize(("database", "claim", "remedy"), PROBLEMS)
def test_settings_that_forbid_each_other_are_refused(
    database: dict[str, Any], claim: str, remedy: str
) -> None:
    assert f"- blueprint:{claim} {remedy}" in refusal({**DEV, "database": database}).splitlines()


def test_more_instances_than_the_database_has_connections_for_are_refused() -> None:
    config = {**DEV, "services": {"shop": {"max_size": 6}}}
    assert (
        "- blueprint:database.instance_class is 'db.t4g.micro'; allowed: classes that take 120 connections; "
        "this one takes about 101. Each of 6 instances opens up to 20: choose a larger class, set "
        "database.proxy.enabled, or lower max_size of the services."
    ) in refusal(config).splitlines()
    for way_out in (
        {"instance_class": "db.t4g.small"},
        {"proxy": {"enabled": True}},
        {"max_connections": 120},
    ):
        assert parse({**config, "database": way_out}).services["shop"].max_size == 6


def test_an_instance_opens_as_many_connections_as_the_shop_says() -> None:
    pool = DatabaseSettings.model_fields["pool_size"].default
    assert 2 * pool == CONNECTIONS_OF_AN_INSTANCE, "one pool for writes, one for reads; one worker"


@pytest.mark.parametrize(
    ("database", "line"),
    [
        (
            {"proxy": {"enabled": True}},
            "database.proxy.enabled is True; allowed: false with emulator.",
        ),
        ({"rotation_days": 30}, "database.rotation_days is 30; allowed: 0 with emulator."),
    ],
)
def test_the_emulator_refuses_what_nothing_local_stands_in_for(database: dict[str, Any], line: str) -> None:
    remedy = "Nothing local stands in for it: programs would wait for what never comes."
    config = {**DEV, "emulator": True, "database": database}
    assert f"- blueprint:{line} {remedy}" in refusal(config).splitlines()


def test_windows_that_touch_do_not_overlap() -> None:
    windows = {"backup_window": "02:00-03:00", "maintenance_window": "sun:03:00-sun:04:00"}
    assert parse({**DEV, "database": windows}).database.backup_window == "02:00-03:00"
