"""aws:dynamodb: tables, and items in them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from scripts.local.engine.registry import Created, creates
from scripts.local.engine.resource import Resource, tag_list


@creates("aws:dynamodb/table:Table")
def table(resource: Resource) -> Created:
    """Create a table, then set what the API only takes of one that exists."""
    tags = tag_list(resource.take_tags())
    name = resource.take_name()
    ttl, recovery = resource.take("ttl"), resource.take("pointInTimeRecovery")
    replicas = resource.take("replicas", [])
    attributes = resource.take("attributes")
    values = {
        "keySchema": _keys(resource.take("hashKey"), resource.take("rangeKey")),
        **_throughput(resource.take_all("readCapacity", "writeCapacity")),
        **_stream(resource),
        **_encryption(resource.take("serverSideEncryption")),
        **_indexes(resource),
        **resource.rest(),
    }
    created = resource.send(
        "dynamodb",
        "create_table",
        {"attributeDefinitions": attributes, **values},
        {"kmsKeyArn": "KMSMasterKeyId", "name": "AttributeName", "type": "AttributeType"},
        TableName=name,
        Tags=tags,
    )["TableDescription"]
    if ttl:
        resource.send("dynamodb", "update_time_to_live", {"timeToLiveSpecification": ttl}, TableName=name)
    if recovery:
        _recover(resource, name, recovery)
    for replica in replicas:
        _replicate(resource, name, replica, tags)
    return name, {
        "name": name,
        "arn": created["TableArn"],
        "streamArn": created.get("LatestStreamArn"),
        "streamLabel": created.get("LatestStreamLabel"),
    }


@creates("aws:dynamodb/tableItem:TableItem")
def table_item(resource: Resource) -> Created:
    """Put an item into a table; `item` is JSON in DynamoDB's own form."""
    table_name, item = resource.take("tableName"), json.loads(resource.take("item"))
    keys = resource.take_all("hashKey", "rangeKey").values()
    resource.call("dynamodb", "put_item", TableName=table_name, Item=item)
    return "|".join([table_name, *(str(item[key]) for key in keys)]), {}


def _recover(resource: Resource, table_name: str, recovery: Mapping[str, Any]) -> None:
    resource.send(
        "dynamodb",
        "update_continuous_backups",
        {"pointInTimeRecoverySpecification": recovery},
        {"enabled": "PointInTimeRecoveryEnabled"},
        TableName=table_name,
    )


def _replicate(
    resource: Resource, table_name: str, replica: Mapping[str, Any], tags: Sequence[Mapping[str, str]]
) -> None:
    """Have a table in another region too; what the provider sets of a replica, it sets there."""
    own = dict(replica)
    recovery, propagated = own.pop("pointInTimeRecovery", False), own.pop("propagateTags", False)
    create = {"replicaUpdates": [{"create": own}]}
    resource.send("dynamodb", "update_table", create, {"kmsKeyArn": "KMSMasterKeyId"}, TableName=table_name)
    there = resource.in_region(replica["regionName"])
    if recovery:
        _recover(there, table_name, {"enabled": True})
    if propagated and tags:
        arn = there.arn("dynamodb", f"table/{table_name}")
        there.call("dynamodb", "tag_resource", ResourceArn=arn, Tags=tags)


def _keys(partition: str, sort: str | None) -> list[dict[str, str]]:
    keys = [{"attributeName": partition, "keyType": "HASH"}]
    return [*keys, {"attributeName": sort, "keyType": "RANGE"}] if sort else keys


def _throughput(capacity: Mapping[str, int]) -> dict[str, Any]:
    if not capacity:
        return {}
    units = {
        "readCapacityUnits": capacity["readCapacity"],
        "writeCapacityUnits": capacity["writeCapacity"],
    }
    return {"provisionedThroughput": units}


def _stream(resource: Resource) -> dict[str, Any]:
    enabled, view = resource.take("streamEnabled", default=False), resource.take("streamViewType")
    return {"streamSpecification": {"streamEnabled": True, "streamViewType": view}} if enabled else {}


def _encryption(encryption: dict[str, Any] | None) -> dict[str, Any]:
    return {"sseSpecification": {**encryption, "sseType": "KMS"}} if encryption else {}


def _indexes(resource: Resource) -> dict[str, Any]:
    indexes = resource.take("globalSecondaryIndexes")
    return {"globalSecondaryIndexes": [_index(index) for index in indexes]} if indexes else {}


def _index(index: dict[str, Any]) -> dict[str, Any]:
    """Return an index as AWS nests it; what has no place of its own is left for the API's model to judge."""
    rest = dict(index)
    nested = {
        "indexName": rest.pop("name"),
        "keySchema": _keys(rest.pop("hashKey"), rest.pop("rangeKey", None)),
        "projection": {key: rest.pop(key) for key in ("projectionType", "nonKeyAttributes") if key in rest},
        **_throughput({key: rest.pop(key) for key in ("readCapacity", "writeCapacity") if key in rest}),
    }
    return {**nested, **rest}
