"""RDS: automated backups that are replicated into another region.

Needed for moto 5.2.5, which has neither StartDBInstanceAutomatedBackupsReplication nor its counterpart. What
is replicated lives in the destination's backend, so that a reset of moto clears it.
"""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from moto.core.responses import ActionResult
from moto.rds.exceptions import DBInstanceNotFoundError, RDSClientError
from moto.rds.models import DBInstance, RDSBackend, rds_backends
from moto.rds.responses import RDSResponse

DEFAULT_RETENTION = 7  # days

_describe = RDSResponse.describe_db_instance_automated_backups


@dataclass(frozen=True)
class Replication:
    """Backups of an instance of another region; attributes are what AWS answers."""

    db_instance_automated_backups_arn: str
    db_instance_arn: str
    db_instance_identifier: str
    dbi_resource_id: str
    region: str
    engine: str
    engine_version: str
    backup_retention_period: int
    kms_key_id: str | None
    encrypted: bool
    status: str = "replicating"


def install() -> None:
    """Add the operations to moto's RDS."""
    for operation in (
        start_db_instance_automated_backups_replication,
        stop_db_instance_automated_backups_replication,
        describe_db_instance_automated_backups,
    ):
        setattr(RDSResponse, operation.__name__, operation)
    DBInstance.db_instance_automated_backups_replications = ()  # type: ignore[attr-defined]


def start_db_instance_automated_backups_replication(response: RDSResponse) -> ActionResult:
    """Answer StartDBInstanceAutomatedBackupsReplication, which is called in the destination."""
    params = response.params
    source = _source(response)
    if source.storage_encrypted and not params.get("KmsKeyId"):
        raise RDSClientError(
            "InvalidParameterValue", "Backups of an encrypted instance need a KMS key of the destination."
        )
    account = f"{response.region}:{response.current_account}"
    replication = Replication(
        db_instance_automated_backups_arn=f"arn:aws:rds:{account}:auto-backup:ab-{uuid4().hex}",
        db_instance_arn=source.db_instance_arn,
        db_instance_identifier=source.db_instance_identifier,
        dbi_resource_id=source.dbi_resource_id,
        region=source.region,
        engine=source.engine,
        engine_version=source.engine_version,
        backup_retention_period=params.get("BackupRetentionPeriod", DEFAULT_RETENTION),
        kms_key_id=params.get("KmsKeyId"),
        encrypted=source.storage_encrypted,
    )
    _replications(response.backend)[source.db_instance_arn] = replication
    arn = {"DBInstanceAutomatedBackupsArn": replication.db_instance_automated_backups_arn}
    source.db_instance_automated_backups_replications = [arn]  # type: ignore[attr-defined]
    return ActionResult({"DBInstanceAutomatedBackup": replication})


def stop_db_instance_automated_backups_replication(response: RDSResponse) -> ActionResult:
    """Answer StopDBInstanceAutomatedBackupsReplication, likewise."""
    source = _source(response)
    replication = _replications(response.backend).pop(source.db_instance_arn, None)
    if replication is None:
        raise RDSClientError("InvalidDBInstanceState", "The backups of the instance are not replicated.")
    source.db_instance_automated_backups_replications = []  # type: ignore[attr-defined]
    return ActionResult({"DBInstanceAutomatedBackup": replication})


def describe_db_instance_automated_backups(response: RDSResponse) -> ActionResult:
    """Answer DescribeDBInstanceAutomatedBackups: the one of an ARN, or moto's own and all of them."""
    arn = response.params.get("DBInstanceAutomatedBackupsArn")
    replications = list(_replications(response.backend).values())
    if arn is None:
        own = _describe(response).result["DBInstanceAutomatedBackups"]  # type: ignore[index]
        return ActionResult({"DBInstanceAutomatedBackups": [*own, *replications]})
    found = [each for each in replications if each.db_instance_automated_backups_arn == arn]
    if not found:
        raise RDSClientError("DBInstanceAutomatedBackupNotFound", f"{arn} does not exist.")
    return ActionResult({"DBInstanceAutomatedBackups": found})


def _source(response: RDSResponse) -> DBInstance:
    arn = response.params["SourceDBInstanceArn"]
    _, _, _, region, account, _, identifier = arn.split(":")
    backend = rds_backends[account][region]
    if identifier not in backend.databases:
        raise DBInstanceNotFoundError(identifier)
    instance: DBInstance = backend.databases[identifier]
    return instance


def _replications(backend: RDSBackend) -> dict[str, Replication]:
    """Return the replications into the backend's region by the ARN of their instance."""
    values: dict[str, Any] = vars(backend)
    replications: dict[str, Replication] = values.setdefault("backup_replications", {})
    return replications
