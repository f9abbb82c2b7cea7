"""`blueprint db` on whole instances, by AWS's own calls."""

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from scripts.db.errors import DbError
from tests.scripts.command import Command

db = Command("db", DbError)


@pytest.fixture
def rds(aws_variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """RDS with an instance and its replica, found by the environment."""
    for name, value in aws_variables.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("rds")
    client.create_db_instance(
        DBInstanceIdentifier="main",
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        MasterUsername="shop",
        MasterUserPassword="secret-enough",
        AllocatedStorage=20,
        BackupRetentionPeriod=7,
        MultiAZ=True,
    )
    client.create_db_instance_read_replica(DBInstanceIdentifier="copy", SourceDBInstanceIdentifier="main")
    yield client
    for found in reversed(client.describe_db_instances()["DBInstances"]):  # a replica before its source
        client.delete_db_instance(DBInstanceIdentifier=found["DBInstanceIdentifier"], SkipFinalSnapshot=True)
    for taken in client.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]:
        client.delete_db_snapshot(DBSnapshotIdentifier=taken["DBSnapshotIdentifier"])


def described(rds: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
    return found


def test_a_replica_is_promoted_after_a_question_and_what_is_none_is_refused(rds: Any) -> None:
    assert "Replicas: copy" in db.refusal("promote-replica", "main", "--yes")
    assert db("promote-replica", "copy", answer="n\n").exit_code == 1
    assert "ReadReplicaSourceDBInstanceIdentifier" in described(rds, "copy")

    said = db("promote-replica", "copy", answer="y\n").stdout

    assert described(rds, "copy")["Endpoint"]["Address"] in said
    assert "DATABASE_READERS" in said
    assert "ReadReplicaSourceDBInstanceIdentifier" not in described(rds, "copy")
    assert "'copy' is no read replica" in db.refusal("promote-replica", "copy", "--yes")


def test_a_snapshot_is_of_the_only_primary_and_comes_back_beside_it(rds: Any) -> None:
    taken = db.json("snapshot")
    assert (taken["instance"], taken["name"][:5]) == ("main", "main-")
    assert "there is no instance 'nobody'" in db.refusal("snapshot", "nobody")

    assert db.json("restore", "again", "--snapshot", taken["name"])["name"] == "again"

    again, main = described(rds, "again"), described(rds, "main")
    assert again["VpcSecurityGroups"] == main["VpcSecurityGroups"]
    assert (again["MultiAZ"], again["BackupRetentionPeriod"]) == (False, 7)
    events = rds.describe_events(SourceIdentifier="again", SourceType="db-instance")["Events"]
    assert f"Restored from snapshot {taken['name']}" in [event["Message"] for event in events]
    assert "there is an instance 'again' already" in db.refusal(
        "restore", "again", "--snapshot", taken["name"]
    )
    assert f"Snapshots: {taken['name']}" in db.refusal("restore", "more", "--snapshot", "none")
    assert "say which instance is meant" in db.refusal("snapshot")


def test_an_instance_is_restored_to_a_time_or_to_the_latest(rds: Any) -> None:
    now = datetime.now(UTC).isoformat()

    assert db.json("restore", "then", "--from", "main", "--at", now)["name"] == "then"
    assert db.json("restore", "latest", "--from", "main")["here"] is None

    messages = [
        event["Message"]
        for name in ("then", "latest")
        for event in rds.describe_events(SourceIdentifier=name, SourceType="db-instance")["Events"]
    ]
    assert f"Restored from DB instance main to {now}" in messages
    assert "Restored from DB instance main to the latest restorable time" in messages


def test_what_cannot_be_restored_is_explained(rds: Any) -> None:
    assert "either --snapshot NAME, or --from INSTANCE" in db.refusal("restore", "new")
    assert "either --snapshot" in db.refusal("restore", "new", "--snapshot", "a", "--from", "main")
    assert "no time with its zone" in db.refusal("restore", "new", "--from", "main", "--at", "2026-03-01")
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert "cannot be restored to the time" in db.refusal(
        "restore", "new", "--from", "main", "--at", tomorrow
    )
    rds.modify_db_instance(DBInstanceIdentifier="main", BackupRetentionPeriod=0, ApplyImmediately=True)
    assert "keeps no backups" in db.refusal("restore", "new", "--from", "main")
