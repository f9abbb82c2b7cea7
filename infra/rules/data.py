"""What the settings of database and cache forbid each other."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from infra.errors import Problem
from infra.rules.rule import Rule

if TYPE_CHECKING:
    from infra.settings import Settings


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


RULES: tuple[Rule, ...] = (
    _storage_can_grow,
    _replicas_need_backups,
    _failover_needs_two_nodes,
)
