"""Which replica serves a read, and what it has seen."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import asyncpg
import psutil
import pytest

from app.platform.consistency import Token
from app.platform.database import Database, ReadSession, WriteSession
from app.platform.problems import UnavailableError
from app.platform.shards import Shards
from scripts.local.runtime.servers import postgres
from tests.app.administrator import administrator_of
from tests.app.cable import cable
from tests.app.platform.test_database import caught_up, database_of, is_replica
from tests.app.shop import Arrange
from tests.waiting import until_async

SLOT = 7


async def seen(session: ReadSession) -> tuple[bool, bool]:
    """Return whether a replica serves the session, and whether it has the row that `write` writes."""
    row = await session.row("SELECT FROM courier_latest")
    return await is_replica(session), row is not None


async def write(session: WriteSession) -> None:
    await session.execute("INSERT INTO courier_latest VALUES ('ada', now(), 1, 1)")


async def stall(
    administrator: asyncpg.Connection, primary: asyncpg.Connection, replica: postgres.Running
) -> None:
    """Let the replica replay what the primary has now, and nothing of what comes after it."""
    await administrator.execute("SELECT pg_wal_replay_resume()")
    await caught_up(primary, replica)
    await administrator.execute("SELECT pg_wal_replay_pause()")
    await until_async(lambda: administrator.fetchval("SELECT pg_get_wal_replay_pause_state() = 'paused'"))


@pytest.fixture
async def stalled(replica: postgres.Running, arrange: Arrange) -> AsyncIterator[asyncpg.Connection]:
    """An administrator's connection to the replica, which has caught up and replays nothing any more."""
    connection = await administrator_of(replica)
    await stall(connection, arrange.connection, replica)
    yield connection
    await connection.execute("SELECT pg_wal_replay_resume()")
    await connection.close()


@pytest.fixture
async def database(
    variables: dict[str, str], replica: postgres.Running, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Database]:
    """The shop's database with its replica, which is measured often."""
    monkeypatch.setattr("app.platform.replicas.PERIOD", 0.02)
    async with database_of(variables | {"DATABASE_READERS": f"{replica.host}:{replica.port}"}) as found:
        yield found


async def test_a_replica_that_lags_shows_an_old_state_to_eventual_reads_and_never_to_bearers_of_the_token(
    database: Database, stalled: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.platform.replicas.PATIENCE", 0.05)
    async with database.transaction() as session:
        await write(session)
    position = await database.position()

    assert await database.read(seen) == (True, False)
    assert await database.read(seen, position) == (False, True)
    assert await database.read(seen, "strong") == (False, True)

    await stalled.execute("SELECT pg_wal_replay_resume()")
    await until_async(lambda: _is(database, (True, True)))
    assert await database.read(seen, position) == (True, True)


async def _is(database: Database, expected: tuple[bool, bool]) -> bool:
    return await database.read(seen) == expected


async def test_a_read_with_a_token_waits_a_moment_for_the_replica_to_catch_up(
    database: Database, stalled: asyncpg.Connection
) -> None:
    async with database.transaction() as session:
        await write(session)
    reading = asyncio.create_task(database.read(seen, await database.position()))
    looking = (
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'test' AND query LIKE '%replay%'"
    )
    await until_async(lambda: stalled.fetchval(looking))
    await stalled.execute("SELECT pg_wal_replay_resume()")

    assert await reading == (True, True)


async def test_a_replica_that_lags_more_than_the_bound_is_left_out_until_it_has_caught_up(
    database: Database, stalled: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.platform.replicas.LONGEST_LAG", 0.1)
    async with database.transaction() as session:
        await write(session)

    await until_async(lambda: _is(database, (False, True)))
    await stalled.execute("SELECT pg_wal_replay_resume()")
    await until_async(lambda: _is(database, (True, True)))


async def test_while_nobody_writes_a_replica_does_not_count_as_lagging(
    database: Database,
    stalled: asyncpg.Connection,
    arrange: Arrange,
    replica: postgres.Running,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.platform.replicas.LONGEST_LAG", 0.0)
    found: list[tuple[bool, bool]] = []

    async def nothing_was_written() -> bool:
        """Read for a while, which counts unless PostgreSQL itself wrote something meanwhile."""
        before = await database.position()
        await stall(stalled, arrange.connection, replica)
        await asyncio.sleep(0.5)  # it is measured meanwhile
        found.clear()
        for _ in range(20):
            found.append(await database.read(seen))
            await asyncio.sleep(0.02)
        return await database.position() == before

    await until_async(nothing_was_written)
    assert found == [(True, False)] * 20


async def test_a_token_is_good_wherever_its_slot_is_read(
    database: Database, stalled: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.platform.replicas.PATIENCE", 0.05)
    shards = Shards.of(database)
    await shards.write(SLOT, write)
    token = await shards.token(SLOT)
    assert token is not None

    assert await shards.read(SLOT, seen) == (True, False)
    assert await shards.read(SLOT, seen, Token.parse(str(token))) == (False, True)
    assert await shards.read(SLOT, seen, Token({2: 2**63})) == (True, False)  # says nothing of this database


@pytest.mark.usefixtures("arrange")
async def test_the_token_of_a_write_whose_server_is_lost_right_after_it_is_none(
    variables: dict[str, str],
) -> None:
    async with cable(variables["DATABASE_WRITER"]) as line:
        async with database_of(variables | {"DATABASE_WRITER": f"127.0.0.1:{line.port}"}) as database:
            shards = Shards.of(database)
            await shards.write(SLOT, write)
            await line.cut()
            assert await shards.token(SLOT) is None
        await line.join()


async def test_strong_reads_leave_a_primary_that_became_a_replica_without_anyone_writing(
    variables: dict[str, str],
    replica: postgres.Running,
    primary: postgres.Running,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The old server stays up, as it does after a failover, and answers reads."""
    monkeypatch.setattr("app.platform.replicas.PERIOD", 0.02)
    async with cable(f"{replica.host}:{replica.port}") as address:
        settings = variables | {
            "DATABASE_WRITER": f"127.0.0.1:{address.port}",
            "DATABASE_READERS": f"{replica.host}:{replica.port}",
        }
        async with database_of(settings) as database:
            assert await database.read(is_replica, "strong") is True
            address.lead_to(primary.host, primary.port)
            await until_async(lambda: _strong_is_primary(database))


async def _strong_is_primary(database: Database) -> bool:
    return not await database.read(is_replica, "strong")


async def test_when_the_primary_is_killed_and_the_replica_promoted_the_shop_goes_on_without_a_restart(
    variables: dict[str, str], primary: postgres.Running, tmp_path: Path
) -> None:
    own = [tmp_path / "primary", tmp_path / "replica"]
    for folder in own:
        folder.mkdir()
    login = primary.master  # what the secret says
    with (
        postgres.running(own[0], username=login.username, password=login.password) as old,
        postgres.replica_of(old, own[1]) as new,
    ):
        on_old, on_new = await asyncpg.connect(old.url), await administrator_of(new)
        await on_old.execute("CREATE TABLE kept (number integer)")
        async with cable(f"{old.host}:{old.port}") as address:
            settings = variables | {"DATABASE_WRITER": f"127.0.0.1:{address.port}"}
            async with database_of(settings) as database:
                await keep(database, 1)
                await caught_up(on_old, new)
                kill(int((old.server.data / "postmaster.pid").read_text().split()[0]))
                with pytest.raises(UnavailableError):
                    await keep(database, 2)

                await on_new.execute("SELECT pg_promote()")
                address.lead_to(new.host, new.port)
                await until_async(lambda: is_kept(database, 3))
                assert await database.read(kept, "strong") == [1, 3]
        await on_new.close()


def kill(postmaster: int) -> None:
    """End a server as a power cut does: a process that outlived the others would answer once more."""
    server = psutil.Process(postmaster)
    for process in (server, *server.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            process.kill()


async def keep(database: Database, number: int) -> None:
    async with database.transaction() as session:
        await session.execute("INSERT INTO kept VALUES ($1)", number)


async def is_kept(database: Database, number: int) -> bool:
    with suppress(UnavailableError):
        await keep(database, number)
        return True
    return False


async def kept(session: ReadSession) -> list[int]:
    return [row["number"] for row in await session.rows("SELECT number FROM kept ORDER BY number")]
