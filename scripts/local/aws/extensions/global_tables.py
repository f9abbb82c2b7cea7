"""DynamoDB: global tables of version 2019.11.21, whose replicas have the same items.

Needed for moto 5.2.5, which ignores the replicas of UpdateTable. A replica is a table of its own in the other
region's backend; it shares the items, so that a write in one region is seen in the other at once, where AWS
takes about a second. The stream of each has the writes of its own region only.
"""

from copy import deepcopy
from typing import Any

from moto.core.responses import ActionResult
from moto.dynamodb.exceptions import DeletionProtectedException, MockValidationException
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler, DynamoResult

VERSION = "2019.11.21"
STREAM = "NEW_AND_OLD_IMAGES"
FOLLOWED = ("attr", "billing_mode", "global_indexes", "items", "members", "ttl")
"""What all the tables have in common; `members` are the regions that have one, with what is set for each."""

Members = dict[str, dict[str, str]]

_update = DynamoHandler.update_table
_delete = DynamoDBBackend.delete_table
_transact = DynamoDBBackend.transact_write_items
_describe = Table.describe


def install() -> None:
    """Let UpdateTable make and delete replicas, and DescribeTable tell of them."""
    Table.describe = _describe_with_replicas  # type: ignore[method-assign]
    DynamoHandler.update_table = _update_with_replicas  # type: ignore[method-assign]
    DynamoDBBackend.delete_table = _delete_member  # type: ignore[method-assign]
    DynamoDBBackend.transact_write_items = _transact_for_all  # type: ignore[method-assign]


def _update_with_replicas(self: DynamoHandler) -> ActionResult:
    table = self.dynamodb_backend.get_table(self.body["TableName"])
    for change in self.body.get("ReplicaUpdates", ()):
        for kind, replica in change.items():
            CHANGES[kind](table, replica)
    updated = _update(self)
    _tell_others(table)
    return updated if "ReplicaUpdates" not in self.body else DynamoResult(table.describe())


def _create_replica(table: Table, given: dict[str, str]) -> None:
    region = given["RegionName"]
    backend = _backend(table, region)
    if table.name in backend.tables or region == table.region_name:
        raise MockValidationException(f"Table {table.name} already exists in {region}")
    stream = table.stream_specification or {}
    if stream.get("StreamViewType") != STREAM:
        raise MockValidationException(f"Replicas need a stream of {STREAM}")
    key = given.get("KMSMasterKeyId")
    if _settings(table) and not key:
        raise MockValidationException("KMSMasterKeyId must be specified for each replica.")
    backend.create_table(
        name=table.name,
        schema=deepcopy(table.schema),
        attr=table.attr,
        throughput=None,
        billing_mode=table.billing_mode or "PAY_PER_REQUEST",
        global_indexes=[],
        indexes=[index.describe() for index in table.indexes],
        streams={"StreamEnabled": True, "StreamViewType": STREAM},
        sse_specification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key} if key else None,
        tags=[],
        deletion_protection_enabled=False,
        warm_throughput=None,
    )
    _members(table).setdefault(table.region_name, _settings(table))
    _members(table)[region] = {"KMSMasterKeyId": key} if key else {}
    _tell_others(table)


def _update_replica(table: Table, given: dict[str, str]) -> None:
    region = _known(table, given["RegionName"])
    _members(table)[region].update({key: value for key, value in given.items() if key != "RegionName"})


def _delete_replica(table: Table, given: dict[str, str]) -> None:
    _backend(table, _known(table, given["RegionName"])).delete_table(table.name)


CHANGES = {"Create": _create_replica, "Update": _update_replica, "Delete": _delete_replica}


def _delete_member(self: DynamoDBBackend, name: str) -> Table:
    """Delete the table of one region; the last one that is left is no global table any more."""
    table = self.get_table(name)
    if table.deletion_protection_enabled:
        raise DeletionProtectedException(name)
    members = _members(table)
    members.pop(table.region_name, None)
    if len(members) == 1:
        members.clear()
    return _delete(self, name)


def _transact_for_all(self: DynamoDBBackend, *args: Any, **kwargs: Any) -> None:
    try:
        _transact(self, *args, **kwargs)
    except Exception:
        for table in self.tables.values():  # moto has put copies of the tables in their place
            _tell_others(table)
        raise


def _describe_with_replicas(self: Table, base_key: str = "TableDescription") -> dict[str, Any]:
    described = _describe(self, base_key)
    if others := {region: own for region, own in _members(self).items() if region != self.region_name}:
        indexes = [{"IndexName": index.name} for index in self.global_indexes]
        described[base_key]["GlobalTableVersion"] = VERSION
        described[base_key]["Replicas"] = [
            {"RegionName": region, "ReplicaStatus": "ACTIVE", "GlobalSecondaryIndexes": indexes, **own}
            for region, own in others.items()
        ]
    return described


def _tell_others(table: Table) -> None:
    """Have the other regions' tables follow this one."""
    for region in _members(table):
        other = _backend(table, region).tables[table.name]
        vars(other).update({attribute: vars(table)[attribute] for attribute in FOLLOWED})


def _known(table: Table, region: str) -> str:
    if region == table.region_name or region not in _members(table):
        raise MockValidationException(f"Table {table.name} has no replica in {region}")
    return region


def _settings(table: Table) -> dict[str, str]:
    """What is said of this table where the others tell of their replicas."""
    key: str | None = (table.sse_specification or {}).get("KMSMasterKeyId")
    return {"KMSMasterKeyId": key} if key else {}


def _members(table: Table) -> Members:
    members: Members = vars(table).setdefault("members", {})
    return members


def _backend(table: Table, region: str) -> DynamoDBBackend:
    backend: DynamoDBBackend = dynamodb_backends[table.account_id][region]
    return backend
