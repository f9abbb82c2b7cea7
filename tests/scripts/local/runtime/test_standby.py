"""A Multi-AZ database outlives its primary: at the same address, with all that was committed."""

import asyncio
import os
import signal
from contextlib import suppress

import asyncpg
import psutil

from scripts.local.runtime.context import Context
from scripts.local.runtime.databases import Databases
from scripts.local.runtime.errors import LocalRuntimeError
from tests.scripts.local.runtime.test_databases import connect, deploy_primary, deploy_secret
from tests.waiting import until, until_async

PRIMARY, STANDBY = "database-paid", "database-paid-standby"


async def test_a_primary_that_stands_still_is_replaced_by_its_standby(context: Context) -> None:
    databases = Databases(context)
    deploy_primary(context, "paid")
    deploy_secret(context, "paid")
    rds = context.aws.client("rds")
    rds.modify_db_instance(DBInstanceIdentifier="paid", MultiAZ=True, ApplyImmediately=True)
    replica = rds.create_db_instance_read_replica(
        DBInstanceIdentifier="paid-replica", SourceDBInstanceIdentifier="paid"
    )["DBInstance"]
    await until_async(databases.reconcile)
    [instance, _] = rds.describe_db_instances()["DBInstances"]
    address = context.addresses.translate(f"{instance['Endpoint']['Address']}:5432")
    reader = await connect(context.addresses.translate(f"{replica['Endpoint']['Address']}:5432"))

    writer = await connect(address)
    await writer.execute("CREATE TABLE paid (id int)")
    await until_async(lambda: in_step(databases, writer))
    await writer.execute("INSERT INTO paid VALUES (1)")
    writer.terminate()
    stopped = context.supervisor.pid(PRIMARY)
    assert stopped is not None
    server = psutil.Process(stopped)
    for process in (server, *server.children(recursive=True)):
        process.suspend()

    await until_async(lambda: serves(databases, address))

    assert context.supervisor.pid(PRIMARY) not in (stopped, None)
    writer = await connect(address)
    assert await writer.fetchval("SELECT count(*) FROM paid") == 1
    await writer.execute("INSERT INTO paid VALUES (2)")
    await until_async(lambda: reader.fetchval("SELECT count(*) = 2 FROM paid"))
    told = [event.sentence for event in context.timeline.events()]
    assert told == [
        f"{PRIMARY} does not answer: its standby takes over",
        f"{PRIMARY} serves again at its address, with all that was committed",
    ]
    await until_async(lambda: in_step(databases, writer))  # there is a standby again
    statuses = {status.name: status.role for status in context.supervisor.statuses()}
    assert statuses == {PRIMARY: "database", STANDBY: "standby", "database-paid-replica": "replica"}
    await reader.close()
    await writer.close()

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
    [instance] = rds.describe_db_instances()["DBInstances"]
    writer = await connect(context.addresses.translate(f"{instance['Endpoint']['Address']}:5432"))
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
