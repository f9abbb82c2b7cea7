"""Two shards, the first with a replica, as the environment tells of them."""

import asyncio
from collections.abc import Iterator

import pytest
from alembic import command

from app.platform.migrations import SCRIPTS, migrate_all
from app.platform.settings import DatabaseSettings
from scripts.local.runtime.servers import postgres
from tests.app.conftest import aws_endpoint, aws_variables, migrated, patience, primary, replica
from tests.waiting import PATIENCE

__all__ = ["aws_endpoint", "aws_variables", "migrated", "patience", "primary", "replica"]


@pytest.fixture(scope="session")
def two_shards(
    migrated: dict[str, str],
    primary: postgres.Running,
    replica: postgres.Running,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, str]]:
    """The variables that lead to two shards with tables."""
    login, folder = primary.master, tmp_path_factory.mktemp("second")
    with postgres.running(folder, primary.database, login.username, login.password) as second:
        variables = migrated | {
            "DATABASE_SHARDS": f"{primary.host}:{primary.port},{second.host}:{second.port}",
            "DATABASE_READERS": f"{replica.host}:{replica.port}",
        }
        with pytest.MonkeyPatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(name, value)
            for limit in ("CONNECT_TIMEOUT", "ACQUIRE_TIMEOUT", "QUERY_TIMEOUT"):  # as in `patience`
                patch.setattr(f"app.platform.postgres.{limit}", PATIENCE)
            settings = DatabaseSettings.from_environment(variables)
            asyncio.run(migrate_all(settings, command.upgrade, "head", SCRIPTS))
        yield variables


@pytest.fixture
def variables(two_shards: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The same, set for the test."""
    for name, value in two_shards.items():
        monkeypatch.setenv(name, value)
    return two_shards
