"""What the settings of database, cache and tables forbid each other."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from infra.errors import Problem
from infra.rules import cache, database
from infra.rules.rule import Rule

if TYPE_CHECKING:
    from infra.settings import Settings


def _replicas_need_a_second_region(settings: "Settings") -> Iterator[Problem]:
    if settings.tables.replicated and settings.second_region.code is None:
        yield Problem(
            key="tables.replicated",
            value=True,
            allowed="false where second_region.code is unset",
            remedy="Name the region that has the tables too, or set tables.replicated to false.",
        )


RULES: tuple[Rule, ...] = (*database.RULES, *cache.RULES, _replicas_need_a_second_region)
