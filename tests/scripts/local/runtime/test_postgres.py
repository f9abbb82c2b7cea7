"""PostgreSQL is the real one: replicas stream, roles are those of RDS, parameters are followed."""

from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.servers import postgres, postgres_installation, unprivileged
from tests.waiting import until_async


@pytest.fixture(scope="module")
def primary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.Running]:
    with postgres.running(tmp_path_factory.mktemp("primary"), password="it's secret") as server:  # noqa: S106
        yield server


async def connect(server: postgres.Running, password: str | None = None) -> asyncpg.Connection:
    return await asyncpg.connect(
        user=server.master.username,
        host=server.host,
        port=server.port,
        database=server.database,
        password=password or server.master.password,
        ssl=False,
    )


async def test_what_the_primary_commits_appears_on_its_replica_which_refuses_writes(
    primary: postgres.Running, tmp_path: Path
) -> None:
    writer = await connect(primary)
    await writer.execute("CREATE TABLE orders (id int)")
    with postgres.replica_of(primary, tmp_path) as replica:
        reader = await connect(replica)
        await writer.execute("INSERT INTO orders VALUES (7)")
        position = await writer.fetchval("SELECT pg_current_wal_lsn()")
        await until_async(lambda: reader.fetchval("SELECT pg_last_wal_replay_lsn() >= $1", position))
        assert await reader.fetchval("SELECT id FROM orders") == 7
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await reader.execute("INSERT INTO orders VALUES (8)")
        await reader.close()
    await writer.close()


async def test_the_master_user_owns_the_database_and_is_no_superuser(primary: postgres.Running) -> None:
    connection = await connect(primary)
    is_superuser = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
    assert await connection.fetchval(is_superuser) is False
    await connection.execute("CREATE TABLE mine (name text)")
    assert await connection.fetchval("SELECT lower('ÄÖ')") == "äö"
    await connection.close()


async def test_a_wrong_password_is_refused(primary: postgres.Running) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await connect(primary, "wrong")


def test_a_server_leaves_nothing_behind(tmp_path: Path) -> None:
    with postgres.running(tmp_path) as server:
        folder = server.server.folder
        assert folder.exists()
    assert not folder.exists()
    assert list(tmp_path.iterdir()) == []


def test_parameters_are_followed_as_far_as_the_local_server_knows_them(tmp_path: Path) -> None:
    installation = postgres_installation.find(tmp_path)
    wanted = {
        "max_connections": "57",
        "log_min_duration_statement": "250",
        "rds.force_ssl": "1",
        "shared_buffers": "{DBInstanceClassMemory/32768}",
        "max_wal_size": "{DBInstanceClassMemory/1}",
        "ssl": "1",
        "shared_preload_libraries": "pg_tle,vector",
    }
    kept = {
        "max_connections": "57",
        "log_min_duration_statement": "250",
        "shared_preload_libraries": "vector",
    }
    assert postgres.accepted(installation, wanted) == kept
    only_missing = {"shared_preload_libraries": "pg_tle"}
    assert postgres.accepted(installation, only_missing) == {}
    unprivileged.remove_scratch(tmp_path)


def test_a_replica_never_has_fewer_connections_than_its_primary() -> None:
    settings = postgres.standby_settings(
        {"max_connections": "200", "work_mem": "1MB"}, {"max_connections": "50"}
    )
    assert settings == {"max_connections": "200"}


def test_a_folder_without_postgresql_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(postgres_installation.BIN_VARIABLE, str(tmp_path))
    with pytest.raises(LocalRuntimeError, match=r"No PostgreSQL in .* Set BLUEPRINT_POSTGRES_BIN"):
        postgres_installation.find(tmp_path)
