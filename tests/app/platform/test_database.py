"""Sessions on the primary and on replicas."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncpg
import pytest

from app.platform import postgres as limits
from app.platform.aws import Aws
from app.platform.database import Database, ReadSession, WriteSession, opened
from app.platform.problems import UnavailableError
from app.platform.secret import DatabaseSecret
from app.platform.settings import Settings
from scripts.local.runtime.servers import postgres
from tests.app.administrator import administrator_of
from tests.app.cable import cable
from tests.app.shop import Arrange, client
from tests.waiting import until_async


@asynccontextmanager
async def database_of(variables: dict[str, str]) -> AsyncIterator[Database]:
    """Open the database that an environment leads to."""
    settings = Settings.from_environment(variables)
    with Aws() as aws:
        secret = DatabaseSecret(aws, settings.secret_arn)
        async with opened(settings, secret, "test") as database:
            yield database


async def is_replica(session: ReadSession) -> bool:
    row = await session.row("SELECT pg_is_in_recovery()")
    assert row is not None
    return bool(row[0])


async def caught_up(primary: asyncpg.Connection, replica: postgres.Running) -> None:
    """Wait until the replica has what the primary has now."""
    place = await primary.fetchval("SELECT pg_current_wal_flush_lsn()")
    connection = await asyncpg.connect(replica.url)
    await until_async(lambda: connection.fetchval("SELECT pg_last_wal_replay_lsn() >= $1", place))
    await connection.close()


@pytest.fixture
def replicated(variables: dict[str, str], replica: postgres.Running) -> dict[str, str]:
    """The environment of a shop with a replica."""
    return variables | {"DATABASE_READERS": f"{replica.host}:{replica.port}"}


async def test_reads_go_to_a_replica_and_strong_ones_to_the_primary(replicated: dict[str, str]) -> None:
    async with database_of(replicated) as database:
        assert await database.read(is_replica) is True
        assert await database.read(is_replica, "strong") is False
        async with database.transaction() as session:
            assert await is_replica(session) is False


async def test_a_write_reaches_the_replica_and_a_failed_one_leaves_nothing(
    replicated: dict[str, str], arrange: Arrange, replica: postgres.Running
) -> None:
    async def positions(session: ReadSession) -> list[str]:
        return [row[0] for row in await session.rows("SELECT courier_id FROM courier_latest")]

    async def write(session: WriteSession, courier: str) -> None:
        await session.execute("INSERT INTO courier_latest VALUES ($1, now(), 1, 1)", courier)

    async with database_of(replicated) as database:
        async with database.transaction() as session:
            await write(session, "kept")
        with suppress(LookupError):
            async with database.transaction() as session:
                await write(session, "lost")
                raise LookupError
        await caught_up(arrange.connection, replica)

        assert await database.read(positions) == await database.read(positions, "strong") == ["kept"]


@pytest.mark.parametrize("has_replica", [True, False])
async def test_a_read_session_cannot_write_even_where_the_primary_serves_it(
    variables: dict[str, str], replicated: dict[str, str], *, has_replica: bool
) -> None:
    async def write(session: ReadSession) -> None:
        await session.rows("DELETE FROM products")

    async def write_as_on_a_primary(session: ReadSession) -> None:
        await session.execute("DELETE FROM products")  # type: ignore[attr-defined] # mypy says so, too

    async with database_of(replicated if has_replica else variables) as database:
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await database.read(write)
        with pytest.raises(AttributeError):
            await database.read(write_as_on_a_primary)


async def test_without_its_replica_reads_are_served_by_the_primary_and_return_when_it_is_back(
    replicated: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.platform.postgres.REST", 0.2)
    async with cable(replicated["DATABASE_READERS"]) as line:
        settings = replicated | {"DATABASE_READERS": f"127.0.0.1:{line.port}"}
        async with database_of(settings) as database:
            assert await database.read(is_replica) is True
            await line.cut()
            assert [await database.read(is_replica) for _ in range(5)] == [False] * 5
            await line.join()
            await until_async(lambda: database.read(is_replica))


async def test_a_read_that_loses_its_replica_half_way_runs_again_on_the_primary(
    replicated: dict[str, str],
) -> None:
    async with cable(replicated["DATABASE_READERS"]) as line:
        served_by = []

        async def slow(session: ReadSession) -> bool:
            served_by.append("replica" if await is_replica(session) else "primary")
            if served_by == ["replica"]:
                cutting = asyncio.create_task(line.cut())
                await session.row("SELECT pg_sleep(600)")
                await cutting
            return True

        settings = replicated | {"DATABASE_READERS": f"127.0.0.1:{line.port}"}
        async with database_of(settings) as database:
            assert await database.read(slow) is True
        await line.join()

    assert served_by == ["replica", "primary"]


async def test_of_two_replicas_the_idler_one_is_asked(replicated: dict[str, str]) -> None:
    reader = replicated["DATABASE_READERS"]
    connections = []
    all_begun = asyncio.Barrier(6)

    async with cable(reader) as one, cable(reader) as two:
        settings = replicated | {"DATABASE_READERS": f"127.0.0.1:{one.port},127.0.0.1:{two.port}"}
        async with database_of(settings) as database:

            async def hold(_session: ReadSession) -> None:
                async with all_begun:
                    connections.append((one.connections, two.connections))
                    await all_begun.wait()

            await asyncio.gather(*(database.read(hold) for _ in range(6)))

    # A fourth one is that of the measurement of how far the replica follows.
    assert all(3 <= count <= 4 for both in connections for count in both)


async def test_a_database_that_is_down_is_told_as_unavailable(variables: dict[str, str]) -> None:
    async with database_of(variables | {"DATABASE_WRITER": "127.0.0.1:1"}) as database:
        with pytest.raises(UnavailableError, match="does not answer"):
            await database.read(is_replica)
        with pytest.raises(UnavailableError, match=r"127\.0\.0\.1:1 does not answer"):
            async with database.transaction():
                pass


async def test_encryption_is_demanded_where_it_is_required_and_no_home_directory_is_searched_for_it(
    variables: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".postgresql").mkdir()
    (tmp_path / ".postgresql" / "root.crt").write_text("nothing that could be read as a certificate")
    monkeypatch.setenv("HOME", str(tmp_path))

    async with database_of(variables | {"DATABASE_SSLMODE": "require"}) as database:
        with pytest.raises(UnavailableError, match="rejected SSL upgrade"):  # this server has no TLS
            await database.connect()


async def test_a_proxy_is_told_no_settings_and_its_connections_hold_no_prepared_statements(
    variables: dict[str, str],
) -> None:
    """RDS Proxy refuses the former, and would keep a connection for the latter."""

    async def state(session: ReadSession) -> list[str]:
        await session.row("SELECT $1::int", 1)
        names = ("statement_timeout", "default_transaction_read_only", "application_name")
        rows = [await session.row("SELECT current_setting($1)", name) for name in names]
        prepared = await session.row("SELECT count(*)::text FROM pg_prepared_statements WHERE name <> ''")
        return [row[0] for row in (*rows, prepared) if row is not None]

    async with database_of(variables) as database:
        direct = await database.read(state, "strong")
    async with database_of(variables | {"DATABASE_VIA_PROXY": "true"}) as database:
        proxied = await database.read(state, "strong")
        async with database.transaction() as session:
            written = await state(session)

    assert direct[1:3] == ["on", "test"]
    assert "0" not in {direct[0], direct[3]}
    assert proxied == written == ["0", "off", "test", "0"]


async def test_a_query_that_takes_too_long_is_ended_by_the_server(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(limits.LIMITS, "statement_timeout", "100ms")
    async with database_of(variables) as database:
        with pytest.raises(UnavailableError, match="took too long"):
            await database.read(sleep_long)
        assert await database.read(is_replica) is False


async def sleep_long(session: ReadSession) -> None:
    await session.row("SELECT pg_sleep(600)")


async def test_a_password_that_was_rotated_is_read_again_and_the_requests_go_on(
    variables: dict[str, str], primary: postgres.Running
) -> None:
    role = f"rotated_{uuid.uuid4().hex[:8]}"
    administrator = await administrator_of(primary)
    await administrator.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'old'")
    secrets = client(variables, "secretsmanager")
    login = {"username": role, "password": "old"}
    arn = secrets.create_secret(Name=role, SecretString=json.dumps(login))["ARN"]

    try:
        async with database_of(variables | {"DATABASE_SECRET_ARN": arn}) as database:
            async with database.transaction() as session:
                await administrator.execute(f"ALTER ROLE {role} PASSWORD 'new'")
                assert await is_replica(session) is False  # connections that there are go on
            with pytest.raises(UnavailableError, match="refuses the credentials"):
                await database.connect()  # the secret still says the old one

            secret = json.dumps(login | {"password": "new"})
            secrets.put_secret_value(SecretId=arn, SecretString=secret)
            assert await asyncio.gather(*(database.read(is_replica) for _ in range(5))) == [False] * 5
    finally:
        await administrator.execute(f"DROP ROLE {role}")
        await administrator.close()


async def test_connections_to_a_primary_that_became_a_replica_are_replaced(
    variables: dict[str, str], replica: postgres.Running, primary: postgres.Running
) -> None:
    async with cable(f"{replica.host}:{replica.port}") as address:
        settings = variables | {"DATABASE_WRITER": f"127.0.0.1:{address.port}"}
        async with database_of(settings) as database:
            with pytest.raises(UnavailableError, match="takes no writes"):
                async with database.transaction() as session:
                    await session.execute("DELETE FROM courier_latest")
            # The address now leads to the new primary; the old server stays up, as it does after a failover.
            address.lead_to(primary.host, primary.port)
            async with database.transaction() as session:
                await session.execute("DELETE FROM courier_latest")
