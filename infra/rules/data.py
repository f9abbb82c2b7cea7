"""What the settings of database and cache forbid each other."""

from infra.rules import cache, database
from infra.rules.rule import Rule

RULES: tuple[Rule, ...] = (*database.RULES, *cache.RULES)
