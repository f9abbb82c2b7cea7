"""What the settings of database and cache forbid each other, and in which words."""

from typing import Any

import pytest

from tests.infra.stacks import DEV, refusal

PROBLEMS: list[tuple[dict[str, Any], str, str]] = [
    (
        {"database": {"storage": 100, "max_storage": 109}},
        "database.max_storage is 109; allowed: at least 110, a tenth above database.storage.",
        "Raise it: RDS refuses storage that has no room to grow.",
    ),
    (
        {"database": {"replicas": 1, "backup_retention_days": 0}},
        "database.backup_retention_days is 0; allowed: at least 1 where there are replicas.",
        "RDS makes a replica from a backup: raise it, or set database.replicas to 0.",
    ),
    (
        {"cache": {"automatic_failover": True}},
        "cache.nodes is 1; allowed: at least 2 with automatic_failover.",
        "Add a node to fail over to, or set cache.automatic_failover to false.",
    ),
]


@pytest.mark.parametrize(("config", "claim", "remedy"), PROBLEMS)
def test_settings_that_forbid_each_other_are_refused(config: dict[str, Any], claim: str, remedy: str) -> None:
    assert f"- blueprint:{claim} {remedy}" in refusal(DEV | config).splitlines()
