"""RDS: instances and parameter groups read back as they were made, and a replica is an instance of its own.

Needed for moto 5.2.5, which forgets Performance Insights, gives every instance the same resource id, makes a
replica as a copy that shares its source's lists and settings, has it follow its source after a promotion too,
and does not say which parameters a user set.
"""

from copy import copy
from typing import Any
from uuid import uuid4

from moto.core.utils import utcnow
from moto.rds.exceptions import DBInstanceNotFoundError, RDSClientError
from moto.rds.models import DBInstance, DBParameterGroup, RDSBackend

INSIGHTS = {
    "enable_performance_insights": "performance_insights_enabled",
    "performance_insights_kms_key_id": "performance_insights_kms_key_id",
    "performance_insights_retention_period": "performance_insights_retention_period",
}
DEFAULT_RETENTION = 7  # days that Performance Insights remembers, unless told otherwise
DEFAULT_BACKUP_RETENTION = 1  # days, of a replica that is promoted, unless told otherwise
# What CreateDBInstanceReadReplica does not take over from the source.
OF_THE_SOURCE = {
    "backup_retention_period": 0,
    "db_instance_automated_backups_replications": (),
    "deletion_protection": False,
    "enabled_cloudwatch_logs_exports": (),
    "monitoring_interval": 0,
    "monitoring_role_arn": None,
    "multi_az": False,
    "performance_insights_enabled": False,
    "performance_insights_kms_key_id": None,
    "performance_insights_retention_period": None,
    "standby_zone": None,
    "tags": (),
}

_create = DBInstance.__init__
_update = DBInstance.update
_replicate = RDSBackend.create_db_instance_read_replica
_set_parameters = DBParameterGroup.update_parameters


def install() -> None:
    """Keep what was asked for; give replicas an identity."""
    DBInstance.__init__ = _create_with_insights  # type: ignore[method-assign]
    DBInstance.update = _update_with_insights  # type: ignore[method-assign,assignment]
    RDSBackend.create_db_instance_read_replica = _replicate_as_its_own  # type: ignore[method-assign]
    RDSBackend.promote_read_replica = _promote  # type: ignore[method-assign]
    DBParameterGroup.update_parameters = _set_parameters_of_user  # type: ignore[method-assign]


def _create_with_insights(self: DBInstance, backend: RDSBackend, *args: Any, **kwargs: Any) -> None:
    _create(self, backend, *args, **kwargs)
    self.dbi_resource_id = f"db-{uuid4().hex[:26].upper()}"
    _keep_insights(self, kwargs)


def _update_with_insights(self: DBInstance, **kwargs: Any) -> None:
    exports = kwargs.pop("enable_cloudwatch_logs_exports", None)
    if exports is not None:
        self.enabled_cloudwatch_logs_exports = list(exports)
    _update(self, **kwargs)
    _keep_insights(self, kwargs)


def _keep_insights(instance: DBInstance, kwargs: Any) -> None:
    for given, attribute in INSIGHTS.items():
        if kwargs.get(given) is not None:
            setattr(instance, attribute, kwargs[given])
    if getattr(instance, "performance_insights_enabled", False) and not getattr(
        instance, "performance_insights_retention_period", None
    ):
        setattr(instance, "performance_insights_retention_period", DEFAULT_RETENTION)  # noqa: B010 - moto's class does not know it


def _replicate_as_its_own(self: RDSBackend, db_kwargs: Any) -> DBInstance:
    source = self.find_db_from_id(db_kwargs["source_db_instance_identifier"])
    replica = copy(source)
    for attribute, value in OF_THE_SOURCE.items():
        setattr(replica, attribute, list(value) if isinstance(value, tuple) else value)
    replica.backend = self
    replica.dbi_resource_id = f"db-{uuid4().hex[:26].upper()}"
    replica.created = replica.instance_create_time = utcnow()
    replica.update(**db_kwargs)
    replica.set_as_replica()
    self.databases[replica.db_instance_identifier] = replica
    source.add_replica(replica)
    return replica


def _promote(self: RDSBackend, db_kwargs: Any) -> DBInstance:
    identifier = db_kwargs["db_instance_identifier"]
    if identifier not in self.databases:
        raise DBInstanceNotFoundError(identifier)
    replica: DBInstance = self.databases[identifier]
    if not replica.is_replica or replica.source_db_instance_identifier is None:
        raise RDSClientError("InvalidDBInstanceState", f"DB Instance is not a read replica: {identifier}")
    source = self.find_db_from_id(replica.source_db_instance_identifier)
    source.replicas = [name for name in source.replicas if name not in (identifier, replica.db_instance_arn)]
    replica.is_replica = False
    replica.source_db_instance_identifier = None
    replica.backup_retention_period = DEFAULT_BACKUP_RETENTION
    replica.update(**db_kwargs)
    return replica


def _set_parameters_of_user(self: DBParameterGroup, new_parameters: Any) -> None:
    parameters = list(new_parameters)
    _set_parameters(self, parameters)
    for parameter in parameters:
        kept = self.parameters[parameter["ParameterName"]]
        kept["Source"] = "user"
        kept["IsModifiable"] = True
        kept["ApplyType"] = "static" if kept["ApplyMethod"] == "pending-reboot" else "dynamic"
