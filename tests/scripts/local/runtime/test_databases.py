"""RDS instances that were deployed answer as PostgreSQL servers."""

import dataclasses
import json
import os
import signal
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from scripts.local.runtime.addresses import Addresses
from scripts.local.runtime.context import Context
from scripts.local.runtime.databases import Databases
from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.ports import Ports
from scripts.local.runtime.supervisor import Supervisor
from tests.waiting import until, until_async

LOGIN = {"username": "keeper", "password": "it's \\ secret"}


def deploy_primary(context: Context, identifier: str) -> dict[str, Any]:
    rds = context.aws.client("rds")
    rds.create_db_parameter_group(
        DBParameterGroupName=identifier, DBParameterGroupFamily="postgres18", Description="shop"
    )
    parameters = [
        {"ParameterName": "max_connections", "ParameterValue": "31", "ApplyMethod": "pending-reboot"},
        {"ParameterName": "rds.force_ssl", "ParameterValue": "1", "ApplyMethod": "pending-reboot"},
    ]
    rds.modify_db_parameter_group(DBParameterGroupName=identifier, Parameters=parameters)
    instance: dict[str, Any] = rds.create_db_instance(
        DBInstanceIdentifier=identifier,
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        MasterUsername="keeper",
        MasterUserPassword="told-to-nobody",
        DBName="shop",
        AllocatedStorage=20,
        DBParameterGroupName=identifier,
        BackupRetentionPeriod=1,
    )["DBInstance"]
    return instance


def deploy_secret(context: Context, identifier: str) -> None:
    secret = {**LOGIN, "dbInstanceIdentifier": identifier}
    context.aws.client("secretsmanager").create_secret(Name=identifier, SecretString=json.dumps(secret))


async def connect(address: str) -> asyncpg.Connection:
    host, port = address.split(":")
    return await asyncpg.connect(
        host=host,
        port=int(port),
        user=LOGIN["username"],
        password=LOGIN["password"],
        database="shop",
        ssl=False,
    )


async def kill(context: Context, name: str) -> None:
    """End a server at once, and wait until another process has taken its place."""
    before = context.supervisor.pid(name)
    assert before is not None
    os.kill(before, signal.SIGKILL)
    await until(lambda: context.supervisor.pid(name) not in (before, None))


async def test_a_primary_and_its_replica_serve_survive_a_kill_and_go_when_they_are_deleted(
    context: Context,
) -> None:
    databases = Databases(context)
    primary = deploy_primary(context, "orders")
    with pytest.raises(
        LocalRuntimeError, match="No secret in Secrets Manager names the RDS instance 'orders'"
    ):
        await databases.reconcile()
    deploy_secret(context, "orders")
    replica = context.aws.client("rds").create_db_instance_read_replica(
        DBInstanceIdentifier="orders-replica-1", SourceDBInstanceIdentifier="orders"
    )["DBInstance"]
    await until_async(databases.reconcile)

    addresses = context.addresses
    writer_address = addresses.translate(f"{primary['Endpoint']['Address']}:5432")
    reader_address = addresses.translate(f"{replica['Endpoint']['Address']}:5432")
    assert addresses.named() == {"database": writer_address, "database_replica": reader_address}
    roles = {status.name: (status.role, status.healthy) for status in context.supervisor.statuses()}
    assert roles == {
        "database-orders": ("database", True),
        "database-orders-replica-1": ("replica", True),
    }

    writer = await connect(writer_address)
    assert await writer.fetchval("SHOW max_connections") == "31"
    await writer.execute("CREATE TABLE orders (id int)")
    await writer.execute("INSERT INTO orders VALUES (1)")
    await kill(context, "database-orders")
    await until_async(databases.reconcile)
    writer.terminate()

    writer = await connect(writer_address)
    assert await writer.fetchval("SELECT count(*) FROM orders") == 1
    await writer.execute("INSERT INTO orders VALUES (2)")
    reader = await connect(reader_address)
    await until_async(lambda: reader.fetchval("SELECT count(*) = 2 FROM orders"))
    await reader.close()

    context.aws.client("rds").delete_db_instance(
        DBInstanceIdentifier="orders-replica-1", SkipFinalSnapshot=True
    )
    assert await databases.reconcile()
    assert [status.name for status in context.supervisor.statuses()] == ["database-orders"]
    assert await writer.fetchval("SELECT count(*) FROM pg_replication_slots") == 0
    await writer.close()
    context.aws.client("rds").delete_db_instance(DBInstanceIdentifier="orders", SkipFinalSnapshot=True)
    assert await databases.reconcile()
    assert context.supervisor.statuses() == []
    await databases.close()


async def test_changed_parameters_are_followed_at_once_where_they_can_be_and_else_told_as_pending(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scripts.local.runtime.databases.controller.PARAMETERS_AGE", 0.0)
    databases = Databases(context)
    deploy_secret(context, "carts")
    instance = deploy_primary(context, "carts")
    await until_async(databases.reconcile)
    connection = await connect(context.addresses.translate(f"{instance['Endpoint']['Address']}:5432"))

    changed = {"max_connections": "32", "log_min_duration_statement": "777"}
    context.aws.client("rds").modify_db_parameter_group(
        DBParameterGroupName="carts",
        Parameters=[
            {"ParameterName": name, "ParameterValue": value, "ApplyMethod": "pending-reboot"}
            for name, value in changed.items()
        ],
    )

    async def told() -> str:
        await databases.reconcile()
        return context.supervisor.statuses()[0].detail

    async def is_told_as_pending() -> bool:
        return await told() == "pending-reboot: max_connections"

    await until_async(is_told_as_pending)
    assert await connection.fetchval("SHOW log_min_duration_statement") == "777ms"
    assert await connection.fetchval("SHOW max_connections") == "31"
    connection.terminate()

    await kill(context, "database-carts")
    await until_async(databases.reconcile)
    connection = await connect(context.addresses.translate(f"{instance['Endpoint']['Address']}:5432"))
    assert await connection.fetchval("SHOW max_connections") == "32"
    assert await told() == ""
    await connection.close()
    await databases.close()
    context.aws.client("rds").delete_db_instance(DBInstanceIdentifier="carts", SkipFinalSnapshot=True)


async def test_the_runtime_after_one_that_died_finds_the_data_of_the_same_instance_and_of_no_other(
    context: Context, tmp_path: Path
) -> None:
    async def served(context: Context, databases: Databases) -> asyncpg.Connection:
        await until_async(databases.reconcile)
        return await connect(context.addresses.named()["database"])

    def successor() -> Context:
        addresses = Addresses(context.aws.endpoint)
        supervisor = Supervisor(tmp_path, addresses.missing)
        return dataclasses.replace(context, supervisor=supervisor, addresses=addresses, ports=Ports())

    deploy_secret(context, "kept")
    deploy_primary(context, "kept")
    first = Databases(context)
    connection = await served(context, first)
    await connection.execute("CREATE TABLE orders AS SELECT 1 AS id")
    connection.terminate()
    await first.close()
    await context.supervisor.stop_all()

    after = successor()
    second = Databases(after)
    connection = await served(after, second)
    assert await connection.fetchval("SELECT count(*) FROM orders") == 1
    connection.terminate()
    await second.close()
    await after.supervisor.stop_all()

    rds = context.aws.client("rds")
    rds.delete_db_instance(DBInstanceIdentifier="kept", SkipFinalSnapshot=True)
    rds.delete_db_parameter_group(DBParameterGroupName="kept")
    deploy_primary(context, "kept")
    after = successor()
    third = Databases(after)
    connection = await served(after, third)
    assert await connection.fetchval("SELECT to_regclass('orders')") is None
    connection.terminate()
    await third.close()
    await after.supervisor.stop_all()
