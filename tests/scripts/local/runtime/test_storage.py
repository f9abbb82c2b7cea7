"""A database without storage takes no writes, loses nothing, and takes writes again once it has some."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from scripts.local.faults.book import Book, Fault, FaultError
from scripts.local.runtime.context import Context
from scripts.local.runtime.databases import Databases
from scripts.local.runtime.databases.storage import GIB, size_of
from scripts.local.runtime.faults import Faults
from scripts.local.runtime.functions import Functions
from tests.scripts.local.runtime.test_databases import connect, deploy_primary, deploy_secret
from tests.scripts.local.runtime.test_standby import in_step, serves
from tests.waiting import until_async

ReadOnly = asyncpg.ReadOnlySQLTransactionError


def described(context: Context, identifier: str) -> dict[str, Any]:
    answer = context.aws.client("rds").describe_db_instances(DBInstanceIdentifier=identifier)
    found: dict[str, Any] = answer["DBInstances"][0]
    return found


def address_of(context: Context, identifier: str) -> str:
    endpoint = described(context, identifier)["Endpoint"]["Address"]
    return context.addresses.translate(f"{endpoint}:5432")


@pytest.fixture
async def databases(context: Context) -> AsyncIterator[Databases]:
    """Those of a runtime; what was deployed is deleted at last."""
    found = Databases(context)
    yield found
    await found.close()
    rds = context.aws.client("rds")
    for one in reversed(rds.describe_db_instances()["DBInstances"]):  # replicas first
        rds.delete_db_instance(DBInstanceIdentifier=one["DBInstanceIdentifier"], SkipFinalSnapshot=True)


async def serving(context: Context, databases: Databases, identifier: str) -> asyncpg.Connection:
    """Deploy a primary with a table, and return a connection to it."""
    deploy_primary(context, identifier)
    deploy_secret(context, identifier)
    await until_async(databases.reconcile)
    connection = await connect(address_of(context, identifier))
    await connection.execute("CREATE TABLE orders (id int)")
    await connection.execute("INSERT INTO orders VALUES (1)")
    return connection


async def fill(context: Context, faults: Faults, process: str) -> Fault:
    book = Book(context.state)
    fault = book.ask("fill", process, 60)
    await faults.reconcile()
    await asyncio.to_thread(book.await_begin, fault)
    return fault


async def is_refused(connection: asyncpg.Connection) -> bool:
    try:
        await connection.execute("INSERT INTO orders VALUES (666)")
    except ReadOnly:
        return True
    return False


def sentences(context: Context) -> list[str]:
    return [event.sentence for event in context.timeline.events() if event.kind == "health"]


async def test_a_full_primary_takes_no_writes_until_an_operator_gives_it_more(
    context: Context, databases: Databases
) -> None:
    context.settled = True
    faults = Faults(context, databases, Functions(context))
    writer = await serving(context, databases, "quota")
    halfway = await connect(address_of(context, "quota"))
    await halfway.execute("BEGIN")
    await halfway.execute("INSERT INTO orders VALUES (2)")

    await fill(context, faults, "database-quota")
    assert databases.volumes()["quota"].free > 19 * GIB  # as it was measured
    await until_async(databases.reconcile)

    assert databases.volumes()["quota"].free == 0
    assert described(context, "quota")["DBInstanceStatus"] == "storage-full"
    assert context.supervisor.statuses()[0].detail == "storage-full: takes no writes"
    await until_async(lambda: is_refused(writer))
    newcomer = await connect(address_of(context, "quota"))
    with pytest.raises(ReadOnly):
        await newcomer.execute("CREATE TABLE more (id int)")
    await newcomer.close()
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await halfway.execute("COMMIT")
    halfway.terminate()
    assert [row["id"] for row in await writer.fetch("SELECT id FROM orders")] == [1]
    snapshot = {"DBInstanceIdentifier": "quota", "DBSnapshotIdentifier": "when-full"}
    context.aws.client("rds").create_db_snapshot(**snapshot)
    assert await databases.reconcile()  # which RDS's own work does not hinder
    assert "snapshot when-full of database-quota is complete" in sentences(context)

    context.aws.client("rds").modify_db_instance(
        DBInstanceIdentifier="quota", AllocatedStorage=30, ApplyImmediately=True
    )
    await until_async(databases.reconcile)

    assert 9 * GIB < databases.volumes()["quota"].free < 10 * GIB
    assert described(context, "quota")["DBInstanceStatus"] == "available"
    await until_async(lambda: is_taken(writer))
    full = "database-quota has nothing left of its 20 GiB of storage: it is storage-full, and takes no writes"
    told = sentences(context)
    assert told[0] == full
    assert told[-1].endswith("of its 30 GiB of storage free: it takes writes again")
    await writer.close()


async def is_taken(connection: asyncpg.Connection) -> bool:
    return not await is_refused(connection)


async def test_a_runtime_that_takes_over_knows_of_what_is_full_and_ends_it_with_the_fault(
    context: Context, databases: Databases
) -> None:
    functions = Functions(context)
    writer = await serving(context, databases, "inherited")
    faults = Faults(context, databases, functions)
    fault = await fill(context, faults, "database-inherited")
    await until_async(databases.reconcile)
    await until_async(lambda: is_refused(writer))
    await databases.close()

    context.takes_over = True
    successor = Databases(context)
    heirs = Faults(context, successor, functions)
    await until_async(successor.reconcile)
    await heirs.reconcile()
    assert successor.volumes()["inherited"].free == 0
    assert await is_refused(writer)

    Book(context.state).heal()
    await heirs.reconcile()
    await until_async(successor.reconcile)

    await until_async(lambda: is_taken(writer))
    assert fault.id not in {one.id for one in Book(context.state).faults()}
    assert described(context, "inherited")["DBInstanceStatus"] == "available"
    await writer.close()
    await successor.close()


async def test_a_standby_that_takes_over_is_as_full_as_its_primary_was(
    context: Context, databases: Databases
) -> None:
    functions = Functions(context)
    writer = await serving(context, databases, "pair")
    rds = context.aws.client("rds")
    rds.modify_db_instance(DBInstanceIdentifier="pair", MultiAZ=True, ApplyImmediately=True)
    faults = Faults(context, databases, functions)
    await fill(context, faults, "database-pair")
    await until_async(lambda: in_step(databases, writer))  # a standby is made of what is full, too
    await until_async(lambda: is_refused(writer))
    await writer.close()

    before = context.supervisor.pid("database-pair")
    rds.reboot_db_instance(DBInstanceIdentifier="pair", ForceFailover=True)
    address = address_of(context, "pair")

    async def has_taken_over() -> bool:
        return await serves(databases, address) and context.supervisor.pid("database-pair") not in (
            before,
            None,
        )

    await until_async(has_taken_over)
    writer = await connect(address)
    await until_async(lambda: is_refused(writer))
    assert [row["id"] for row in await writer.fetch("SELECT id FROM orders")] == [1]

    Book(context.state).heal()
    await faults.reconcile()
    await until_async(databases.reconcile)
    await until_async(lambda: is_taken(writer))
    await writer.close()


async def test_a_replica_is_not_filled_and_who_asks_is_told_what_can_be(
    context: Context, databases: Databases
) -> None:
    functions = Functions(context)
    writer = await serving(context, databases, "source")
    context.aws.client("rds").create_db_instance_read_replica(
        DBInstanceIdentifier="copy", SourceDBInstanceIdentifier="source"
    )
    await until_async(databases.reconcile)
    faults = Faults(context, databases, functions)

    with pytest.raises(FaultError) as raised:
        await fill(context, faults, "replica")

    assert str(raised.value) == "database-copy is no primary that serves. There are: database-source."
    assert await is_taken(writer)
    await writer.close()


def test_a_folder_has_the_size_of_what_its_files_take_of_the_disk(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "table").write_bytes(b"x" * 2**20)
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(2**30)

    assert 2**20 <= size_of(tmp_path) < 2**22
