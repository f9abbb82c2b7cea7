"""A Multi-AZ database outlives its primary: at the same address, with all that was committed."""

import asyncio
import os
import signal
from contextlib import suppress
from typing import Any

import asyncpg
import psutil
import pytest

from scripts.local.runtime.context import Context
from scripts.local.runtime.databases import Databases, instance
from scripts.local.runtime.errors import LocalRuntimeError
from tests.scripts.local.runtime.test_databases import connect, deploy_primary, deploy_secret
from tests.waiting import until, until_async

PRIMARY, STANDBY, REPLICA = "database-paid", "database-paid-standby", "database-paid-replica"


async def test_a_standby_takes_over_in_need_and_on_demand_and_the_replica_follows_until_it_is_promoted(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instance, "STRAYS_AFTER", 0.5)
    databases = Databases(context)
    deploy_primary(context, "paid")
    deploy_secret(context, "paid")
    rds = context.aws.client("rds")
    rds.modify_db_instance(DBInstanceIdentifier="paid", MultiAZ=True, ApplyImmediately=True)
    replica = rds.create_db_instance_read_replica(
        DBInstanceIdentifier="paid-replica", SourceDBInstanceIdentifier="paid"
    )["DBInstance"]
    await until_async(databases.reconcile)
    address = context.addresses.translate(f"{described(context)['Endpoint']['Address']}:5432")
    reader = context.addresses.translate(f"{replica['Endpoint']['Address']}:5432")

    writer = await connect(address)
    await writer.execute("CREATE TABLE paid (id int)")
    await until_async(lambda: in_step(databases, writer))
    await writer.execute("INSERT INTO paid VALUES (1)")
    zones = zones_of(context)
    await write_to_replica_alone(databases, writer, reader)
    stopped = context.supervisor.pid(PRIMARY)
    assert stopped is not None
    server = psutil.Process(stopped)
    for process in (server, *server.children(recursive=True)):
        process.suspend()
    writer.terminate()

    await until_async(lambda: serves(databases, address))

    assert context.supervisor.pid(PRIMARY) not in (stopped, None)
    assert zones_of(context) == zones[::-1]
    writer = await connect(address)
    assert await writer.fetchval("SELECT count(*) FROM paid") == 1
    await writer.execute("INSERT INTO paid VALUES (2)")
    await until_async(lambda: shows(databases, reader, [1, 2]))  # it has forgotten what nobody was promised
    await until_async(lambda: in_step(databases, writer))  # there is a standby again
    assert roles(context) == {PRIMARY: "database", STANDBY: "standby", REPLICA: "replica"}
    await writer.close()

    before = context.supervisor.pid(PRIMARY)
    rds.reboot_db_instance(DBInstanceIdentifier="paid", ForceFailover=True)
    await until_async(lambda: serves_anew(context, databases, address, before))

    assert zones_of(context) == zones
    await until_async(lambda: shows(databases, reader, [1, 2]))
    await promote(context, databases)
    promoted = await connect(reader)
    await promoted.execute("INSERT INTO paid VALUES (3)")  # waits for nobody: its source had a standby
    assert await promoted.fetchval("SELECT count(*) FROM paid") == 3
    await promoted.close()
    assert roles(context) == {PRIMARY: "database", STANDBY: "standby", REPLICA: "database"}
    told = [event.sentence for event in context.timeline.events()]
    strayed = f"{REPLICA} cannot go on from where its primary is: it is cloned anew"
    assert strayed in told
    assert [sentence for sentence in told if sentence != strayed] == [  # a slow one is cloned once more
        f"{PRIMARY} does not answer: its standby takes over",
        f"{PRIMARY} serves again at its address, with all that was committed",
        f"{PRIMARY} is to fail over: its standby takes over",
        f"{PRIMARY} serves again at its address, with all that was committed",
        f"{REPLICA} is promoted: it takes writes, and follows nobody any more",
    ]
    for name in ("paid-replica", "paid"):
        rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    assert await databases.reconcile()
    assert context.supervisor.statuses() == []
    await databases.close()


async def test_commits_wait_for_no_standby_that_is_lost(context: Context) -> None:
    databases = Databases(context)
    deploy_primary(context, "alone")
    deploy_secret(context, "alone")
    rds = context.aws.client("rds")
    rds.modify_db_instance(DBInstanceIdentifier="alone", MultiAZ=True, ApplyImmediately=True)
    await until_async(databases.reconcile)
    [found] = rds.describe_db_instances()["DBInstances"]
    writer = await connect(context.addresses.translate(f"{found['Endpoint']['Address']}:5432"))
    await until_async(lambda: in_step(databases, writer))
    standby = context.supervisor.pid("database-alone-standby")
    assert standby is not None

    os.killpg(standby, signal.SIGKILL)
    await until(lambda: context.supervisor.pid("database-alone-standby") != standby)
    written = writer.execute("CREATE TABLE alone (id int)")
    await until_async(databases.reconcile)
    await written

    await writer.close()
    await databases.close()


async def in_step(databases: Databases, writer: asyncpg.Connection) -> bool:
    """Reconcile; tell whether commits wait for the standby."""
    await databases.reconcile()
    return bool(await writer.fetchval("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"))


async def serves(databases: Databases, address: str) -> bool:
    """Reconcile; tell whether somebody answers who takes writes."""
    with suppress(LocalRuntimeError):  # it stood still between two questions
        await databases.reconcile()
    try:
        connection = await asyncio.wait_for(connect(address), 2)
    except (OSError, asyncpg.PostgresError):
        return False
    found = not await connection.fetchval("SELECT pg_is_in_recovery()")
    await connection.close()
    return found


async def serves_anew(context: Context, databases: Databases, address: str, before: int | None) -> bool:
    """Reconcile; tell whether another process than before takes writes."""
    return await serves(databases, address) and context.supervisor.pid(PRIMARY) not in (before, None)


async def promote(context: Context, databases: Databases) -> None:
    """Have the replica be a primary of its own."""
    context.aws.client("rds").promote_read_replica(DBInstanceIdentifier="paid-replica")
    assert not described(context)["ReadReplicaDBInstanceIdentifiers"]
    await until_async(databases.reconcile)


async def write_to_replica_alone(databases: Databases, writer: asyncpg.Connection, reader: str) -> None:
    """Have the replica ahead of the standby, which does not get what is written."""
    await databases.run(STANDBY, "ALTER SYSTEM SET primary_conninfo = ''")
    await databases.run(STANDBY, "SELECT pg_reload_conf()")
    await until_async(
        lambda: writer.fetchval(
            "SELECT count(*) = 0 FROM pg_stat_replication WHERE application_name = 'standby'"
        )
    )
    await writer.execute("SET synchronous_commit = local")
    await writer.execute("INSERT INTO paid VALUES (666)")
    connection = await connect(reader)
    await until_async(lambda: connection.fetchval("SELECT count(*) = 2 FROM paid"))
    await connection.close()


async def shows(databases: Databases, reader: str, expected: list[int]) -> bool:
    """Reconcile; tell whether these are the rows of the replica."""
    await databases.reconcile()
    try:
        connection = await connect(reader)
        rows = await connection.fetch("SELECT id FROM paid ORDER BY id")
    except (OSError, asyncpg.PostgresError):
        return False
    await connection.close()
    return [row["id"] for row in rows] == expected


def described(context: Context) -> dict[str, Any]:
    answer = context.aws.client("rds").describe_db_instances(DBInstanceIdentifier="paid")
    found: dict[str, Any] = answer["DBInstances"][0]
    return found


def zones_of(context: Context) -> list[str]:
    """Return where the primary is, and where the standby."""
    found = described(context)
    return [found["AvailabilityZone"], found["SecondaryAvailabilityZone"]]


def roles(context: Context) -> dict[str, str]:
    return {status.name: status.role for status in context.supervisor.statuses()}
