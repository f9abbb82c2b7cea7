"""RDS: an instance that is restored is told of, and is set up as AWS does it.

Needed for moto 5.2.5, which tells nobody what an instance was restored from, restores to any time and
without backups, and takes over what is set for the source alone. Of what an instance was made, RDS tells by
its events RDS-EVENT-0043 and 0019.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html
"""

from datetime import UTC, datetime
from typing import Any

from moto.rds.exceptions import InvalidParameterCombination, RDSClientError
from moto.rds.models import DBInstance, Event, RDSBackend

from scripts.local.aws.extensions.database_instances import OF_THE_SOURCE

RESTORED = "DB_INSTANCE_RESTORE"

_of_snapshot = RDSBackend.restore_db_instance_from_db_snapshot
_to_time = RDSBackend.restore_db_instance_to_point_in_time


def install() -> None:
    """Tell of restores, and refuse those that AWS refuses."""
    Event.EVENT_MAP[RESTORED] = {"Categories": ["restoration"], "Message": ""}
    RDSBackend.restore_db_instance_from_db_snapshot = _restore_snapshot  # type: ignore[method-assign]
    RDSBackend.restore_db_instance_to_point_in_time = _restore_to_time  # type: ignore[method-assign]


def _restore_snapshot(self: RDSBackend, from_snapshot_id: str, overrides: dict[str, Any]) -> DBInstance:
    restored = _of_snapshot(self, from_snapshot_id, overrides)
    _set_up(restored, overrides)
    _tell(self, restored, f"Restored from snapshot {from_snapshot_id.rpartition(':snapshot:')[2]}")
    return restored


def _restore_to_time(
    self: RDSBackend, source_db_identifier: str, target_db_identifier: str, overrides: dict[str, Any]
) -> DBInstance:
    source = self.describe_db_instances(source_db_identifier)[0]
    moment: datetime | None = overrides.get("restore_time")
    if not source.backup_retention_period:
        raise RDSClientError(
            "PointInTimeRestoreNotEnabled", f"Point in time restore is not enabled for {source_db_identifier}"
        )
    if (moment is None) != bool(overrides.get("use_latest_restorable_time")):
        raise InvalidParameterCombination("Specify either RestoreTime or UseLatestRestorableTime")
    if moment is not None and not source.created.replace(tzinfo=UTC) <= moment.astimezone(
        UTC
    ) <= datetime.now(UTC):
        raise RDSClientError(
            "InvalidParameterValue", f"The specified instance cannot be restored to the time {moment}."
        )
    at = moment.astimezone(UTC).isoformat() if moment else "the latest restorable time"
    restored = _to_time(self, source_db_identifier, target_db_identifier, overrides)
    _set_up(restored, overrides)
    _tell(self, restored, f"Restored from DB instance {source_db_identifier} to {at}")
    return restored


def _set_up(restored: DBInstance, given: dict[str, Any]) -> None:
    """Take over what AWS does: neither what is of the source alone, nor how it is kept, but its retention."""
    kept = {"backup_retention_period"} | given.keys()
    for attribute, value in OF_THE_SOURCE.items():
        if attribute not in kept:
            setattr(restored, attribute, list(value) if isinstance(value, tuple) else value)
    restored.is_replica, restored.replicas, restored.source_db_instance_identifier = False, [], None


def _tell(backend: RDSBackend, restored: DBInstance, message: str) -> None:
    event = Event(RESTORED, restored)
    event.message = message
    backend.events.append(event)
