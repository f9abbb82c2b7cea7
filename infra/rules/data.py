"""What the settings of database, cache and tables forbid each other."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from infra.errors import Problem
from infra.rules import database
from infra.rules.rule import Rule

if TYPE_CHECKING:
    from infra.settings import Settings


def _failover_needs_two_nodes(settings: "Settings") -> Iterator[Problem]:
    if settings.cache.automatic_failover and settings.cache.nodes < 2:
        yield Problem(
            key="cache.nodes",
            value=settings.cache.nodes,
            allowed="at least 2 with automatic_failover",
            remedy="Add a node to fail over to, or set cache.automatic_failover to false.",
        )


def _replicas_need_a_second_region(settings: "Settings") -> Iterator[Problem]:
    if settings.tables.replicated and settings.second_region.code is None:
        yield Problem(
            key="tables.replicated",
            value=True,
            allowed="false where second_region.code is unset",
            remedy="Name the region that has the tables too, or set tables.replicated to false.",
        )


RULES: tuple[Rule, ...] = (
    *database.RULES,
    _failover_needs_two_nodes,
    _replicas_need_a_second_region,
)
