"""What an operator has RDS do with whole instances: by the same calls on AWS and on the local stack."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import WaiterError

from scripts.db.errors import DbError
from scripts.local.runtime.ports import HOST
from scripts.local.status import read_status
from scripts.reach import Reach

LOOK = 5  # seconds between two questions whether AWS is done
MOST_LOOKS = 1440  # two hours
# Seconds that the local runtime has to make true what its AWS says at once.
TRUE_WITHIN = 120.0


@dataclass(frozen=True, kw_only=True)
class Instance:
    """An instance that takes writes; `here` is where the local stack has it, None on AWS."""

    name: str
    address: str
    here: str | None


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A snapshot of an instance, with all that was committed by `taken_at` (ISO 8601)."""

    name: str
    instance: str
    taken_at: str


class Instances:
    """The PostgreSQL instances of one AWS; `state` is the folder of the local stack."""

    def __init__(self, reach: Reach, state: Path) -> None:
        self._rds = reach.client("rds")
        self._state = state if reach.is_local else None

    def promote(self, name: str) -> Instance:
        """Make a primary of its own of a replica, and return when it takes writes.

        Raises:
            DbError: there is none of that name, or it is no replica.
        """
        self.require_replica(name)
        self._rds.promote_read_replica(DBInstanceIdentifier=name)
        self._wait("db_instance_available", DBInstanceIdentifier=name)
        while _source(found := self._described(name)):  # AWS calls it available until the promotion begins
            time.sleep(LOOK)
            self._wait("db_instance_available", DBInstanceIdentifier=name)
        return self._serving(found)

    def require_replica(self, name: str) -> None:
        """Do nothing where there is a replica of that name.

        Raises:
            DbError: there is none.
        """
        replicas = [key for key, found in self._all().items() if _source(found)]
        if name not in replicas:
            raise DbError(
                f"{name!r} is no read replica. {_listed('Replicas', replicas)} "
                "What is promoted already, or never was one, takes writes as it is."
            )

    def snapshot(self, instance: str | None, name: str | None) -> Snapshot:
        """Take a snapshot, and return when it is complete. Without an instance, of the only primary.

        Raises:
            DbError: there is no such instance, or it is not clear which is meant.
        """
        primaries = [key for key, found in self._all().items() if not _source(found)]
        if instance is None and len(primaries) != 1:
            raise DbError(f"say which instance is meant. {_listed('Primaries', primaries)}")
        chosen = instance or primaries[0]
        self._described(chosen)
        given = name or f"{chosen}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
        self._rds.create_db_snapshot(DBInstanceIdentifier=chosen, DBSnapshotIdentifier=given)
        self._wait("db_snapshot_available", DBSnapshotIdentifier=given)
        [found] = self._rds.describe_db_snapshots(DBSnapshotIdentifier=given)["DBSnapshots"]
        return Snapshot(name=given, instance=chosen, taken_at=found["SnapshotCreateTime"].isoformat())

    def restore_snapshot(self, snapshot: str, to: str) -> Instance:
        """Make a new instance of a snapshot, and return when it serves.

        Raises:
            DbError: there is no such snapshot, or an instance of that name already.
        """
        self._require_free(to)
        taken = self._rds.get_paginator("describe_db_snapshots").paginate().build_full_result()["DBSnapshots"]
        sources = {one["DBSnapshotIdentifier"]: one["DBInstanceIdentifier"] for one in taken}
        if snapshot not in sources:
            raise DbError(f"there is no snapshot {snapshot!r}. {_listed('Snapshots', list(sources))}")
        place = _place(self._all().get(sources[snapshot]))
        self._rds.restore_db_instance_from_db_snapshot(
            DBInstanceIdentifier=to, DBSnapshotIdentifier=snapshot, **place
        )
        return self._restored(to)

    def restore_to_time(self, source: str, moment: datetime | None, to: str) -> Instance:
        """Make a new instance of what another had at a moment, None for the latest; return when it serves.

        Raises:
            DbError: there is no such instance, it keeps no backups, or there is one of the new name already.
        """
        self._require_free(to)
        found = self._described(source)
        if not found["BackupRetentionPeriod"]:
            raise DbError(
                f"{source} keeps no backups: its BackupRetentionPeriod is 0. Take a snapshot instead."
            )
        when = {"UseLatestRestorableTime": True} if moment is None else {"RestoreTime": moment}
        self._rds.restore_db_instance_to_point_in_time(
            SourceDBInstanceIdentifier=source, TargetDBInstanceIdentifier=to, **when, **_place(found)
        )
        return self._restored(to)

    def _restored(self, name: str) -> Instance:
        self._wait("db_instance_available", DBInstanceIdentifier=name)
        return self._serving(self._described(name))

    def _serving(self, found: Mapping[str, Any]) -> Instance:
        name, endpoint = found["DBInstanceIdentifier"], found["Endpoint"]
        here = None if self._state is None else _await_here(self._state, name)
        return Instance(name=name, address=f"{endpoint['Address']}:{endpoint['Port']}", here=here)

    def _all(self) -> dict[str, dict[str, Any]]:
        answer = self._rds.get_paginator("describe_db_instances").paginate().build_full_result()
        return {
            one["DBInstanceIdentifier"]: one for one in answer["DBInstances"] if one["Engine"] == "postgres"
        }

    def _described(self, name: str) -> dict[str, Any]:
        found = self._all()
        if name not in found:
            raise DbError(f"there is no instance {name!r}. {_listed('Instances', list(found))}")
        return found[name]

    def _require_free(self, name: str) -> None:
        if name in self._all():
            raise DbError(
                f"there is an instance {name!r} already: a restore makes a new one. Choose another name."
            )

    def _wait(self, waiter: str, **of: str) -> None:
        try:
            self._rds.get_waiter(waiter).wait(**of, WaiterConfig={"Delay": LOOK, "MaxAttempts": MOST_LOOKS})
        except WaiterError as error:
            raise DbError(f"{', '.join(of.values())} does not become available: {error}") from error


def _await_here(state: Path, name: str) -> str:
    """Wait until the local runtime has it take writes, and return its local address."""
    deadline = time.monotonic() + TRUE_WITHIN
    said = "its process does not run"
    while time.monotonic() < deadline:
        for process in read_status(state)["processes"]:
            if process["name"] == f"database-{name}":
                if process["healthy"] and process["role"] == "database":
                    return f"{HOST}:{process['port']}"
                said = process["detail"] or said
        time.sleep(0.2)
    raise DbError(f"{name} does not serve within {TRUE_WITHIN:.0f} s: {said}. See: blueprint local status")


def _source(found: Mapping[str, Any]) -> str | None:
    source: str | None = found.get("ReadReplicaSourceDBInstanceIdentifier")
    return source


def _place(source: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return where a restored instance goes: beside its source, which AWS does not take over by itself."""
    if source is None:
        return {}
    groups = source.get("DBParameterGroups", [])
    place = {
        "DBSubnetGroupName": source.get("DBSubnetGroup", {}).get("DBSubnetGroupName"),
        "DBParameterGroupName": groups[0]["DBParameterGroupName"] if groups else None,
        "VpcSecurityGroupIds": [one["VpcSecurityGroupId"] for one in source.get("VpcSecurityGroups", [])],
    }
    return {name: value for name, value in place.items() if value} | {"PubliclyAccessible": False}


def _listed(what: str, names: list[str]) -> str:
    return f"{what}: {', '.join(sorted(names)) or 'none'}."
