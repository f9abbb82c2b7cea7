"""What a database had at a time, or in a snapshot, comes back in a new instance."""

import asyncio
import contextlib
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from scripts.local.runtime.context import Context
from scripts.local.runtime.databases import Databases, archive
from scripts.local.runtime.errors import LocalRuntimeError
from scripts.local.runtime.servers import unprivileged
from tests.scripts.local.runtime.test_databases import connect, deploy_primary, deploy_secret
from tests.waiting import until_async


async def test_rows_before_a_time_or_a_snapshot_are_in_what_is_restored_and_later_ones_are_not(
    context: Context,
) -> None:
    databases = Databases(context)
    context.settled = True
    deploy_primary(context, "ledger")
    deploy_secret(context, "ledger")
    rds = context.aws.client("rds")
    rds.modify_db_instance(DBInstanceIdentifier="ledger", MultiAZ=True, ApplyImmediately=True)
    await until_async(databases.reconcile)
    source = await connect(address_of(context, "ledger"))
    await until_async(lambda: is_backed_up(context, databases))

    await source.execute("CREATE TABLE entry (id int)")
    await source.execute("INSERT INTO entry VALUES (1)")
    before = datetime.now(UTC)
    await asyncio.sleep(0.01)
    await source.execute("INSERT INTO entry VALUES (2)")
    rds.create_db_snapshot(DBInstanceIdentifier="ledger", DBSnapshotIdentifier="two")
    await source.execute("INSERT INTO entry VALUES (3)")
    await databases.reconcile()

    rds.restore_db_instance_to_point_in_time(
        SourceDBInstanceIdentifier="ledger", TargetDBInstanceIdentifier="as-before", RestoreTime=before
    )
    assert await entries(context, databases, "as-before") == [1]
    rds.restore_db_instance_to_point_in_time(
        SourceDBInstanceIdentifier="ledger", TargetDBInstanceIdentifier="latest", UseLatestRestorableTime=True
    )
    assert await entries(context, databases, "latest") == [1, 2, 3]
    await source.close()
    delete(context, "as-before", "latest", "ledger")
    await databases.reconcile()

    rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier="of-two", DBSnapshotIdentifier="two")
    assert await entries(context, databases, "of-two") == [1, 2]  # though its source is gone
    restored = await connect(address_of(context, "of-two"))
    await restored.execute("INSERT INTO entry VALUES (4)")
    await restored.close()

    rds.delete_db_snapshot(DBSnapshotIdentifier="two")
    (found,) = rds.describe_db_instances(DBInstanceIdentifier="of-two")["DBInstances"]
    created = found["InstanceCreateTime"]  # which is before its first backup
    rds.restore_db_instance_to_point_in_time(
        SourceDBInstanceIdentifier="of-two",
        TargetDBInstanceIdentifier="too-early",
        RestoreTime=created,
    )
    await until_async(lambda: is_backed_up(context, databases, "of-two"))
    with pytest.raises(LocalRuntimeError, match="the oldest backup is of"):
        await databases.reconcile()
    delete(context, "too-early", "of-two")
    await until_async(databases.reconcile)
    assert [path.name for path in backups(context).rglob("base-*")] == []
    await databases.close()


async def test_of_an_instance_without_backups_a_snapshot_is_kept_and_nothing_else(context: Context) -> None:
    databases = Databases(context)
    context.settled = True
    deploy_primary(context, "bare")
    deploy_secret(context, "bare")
    rds = context.aws.client("rds")
    rds.modify_db_instance(DBInstanceIdentifier="bare", BackupRetentionPeriod=0, ApplyImmediately=True)
    await until_async(databases.reconcile)
    source = await connect(address_of(context, "bare"))
    await source.execute("CREATE TABLE entry AS SELECT 1 AS id")
    await source.close()

    rds.delete_db_instance(DBInstanceIdentifier="bare", FinalDBSnapshotIdentifier="final")
    await databases.reconcile()
    rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier="again", DBSnapshotIdentifier="final")

    assert await entries(context, databases, "again") == [1]
    delete(context, "again")
    rds.delete_db_snapshot(DBSnapshotIdentifier="final")
    await databases.reconcile()
    await databases.close()


async def test_the_log_that_no_copy_needs_is_removed(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MOST_SEGMENTS", 1)
    databases = Databases(context)
    context.settled = True
    deploy_primary(context, "busy")
    deploy_secret(context, "busy")
    await until_async(databases.reconcile)
    source = await connect(address_of(context, "busy"))
    await source.execute("CREATE TABLE entry (id int)")
    kept = archive_of(context, "busy")
    seen: set[datetime] = set()

    async def has_had_copies() -> bool:
        await source.execute("INSERT INTO entry SELECT generate_series(1, 100000)")
        await databases.reconcile()
        seen.update(base.complete_at for base in kept.bases())
        return len(seen) > archive.COPIES

    await until_async(has_had_copies)
    await databases.close()
    bases = kept.bases()
    assert len(bases) == archive.COPIES
    segments = [path.name[8:] for path in kept.wal.iterdir() if len(path.name) == archive.SEGMENT_NAME]
    assert min(segments) >= bases[0].first[8:]
    await source.close()
    delete(context, "busy")
    await databases.reconcile()


def backups(context: Context) -> Path:
    return unprivileged.place(context.state) / "backups"


def archive_of(context: Context, name: str) -> archive.Archive:
    return archive.Archive(backups(context) / "instances" / name)


def address_of(context: Context, name: str) -> str:
    answer = context.aws.client("rds").describe_db_instances(DBInstanceIdentifier=name)
    return context.addresses.translate(f"{answer['DBInstances'][0]['Endpoint']['Address']}:5432")


async def is_backed_up(context: Context, databases: Databases, name: str = "ledger") -> bool:
    """Reconcile; tell whether there is a copy of an instance's data."""
    with contextlib.suppress(LocalRuntimeError):
        await databases.reconcile()
    return bool(archive_of(context, name).bases())


async def entries(context: Context, databases: Databases, name: str) -> list[int]:
    """Return the rows of an instance, once it serves."""

    found: list[int] = []

    async def answers() -> bool:
        await databases.reconcile()
        try:
            connection = await connect(address_of(context, name))
        except (OSError, ValueError, asyncpg.PostgresError):
            return False
        found.extend([row["id"] for row in await connection.fetch("SELECT id FROM entry ORDER BY id")])
        await connection.close()
        return True

    await until_async(answers)
    return found


def delete(context: Context, *names: str) -> None:
    for name in names:
        context.aws.client("rds").delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
