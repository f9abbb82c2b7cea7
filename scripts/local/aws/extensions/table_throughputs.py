"""DynamoDB: the highest throughput of tables and indexes that are paid by request.

Needed for moto 5.2.5, which forgets it.
"""

from collections.abc import Callable, Mapping
from typing import Any

from moto.core.responses import ActionResult
from moto.dynamodb.models.table import GlobalSecondaryIndex, Table
from moto.dynamodb.responses import DynamoHandler, DynamoResult

BOUNDS = "OnDemandThroughput"

_create_index = GlobalSecondaryIndex.create
_describe_index = GlobalSecondaryIndex.describe
_update_index = GlobalSecondaryIndex.update


def install() -> None:
    """Keep what was asked for and answer for it; on top of what other extensions made of these methods."""
    DynamoHandler.create_table = _bounding(DynamoHandler.create_table)  # type: ignore[method-assign,assignment]
    DynamoHandler.update_table = _bounding(DynamoHandler.update_table)  # type: ignore[method-assign,assignment]
    Table.describe = _describing(Table.describe)  # type: ignore[method-assign,assignment]
    GlobalSecondaryIndex.create = staticmethod(_create_index_bounded)  # type: ignore[method-assign,assignment]
    GlobalSecondaryIndex.describe = _describe_index_bounded  # type: ignore[method-assign]
    GlobalSecondaryIndex.update = _update_index_bounded  # type: ignore[method-assign,assignment]


def _bounding(operation: Callable[[DynamoHandler], ActionResult]) -> Callable[[DynamoHandler], ActionResult]:
    def bounded(self: DynamoHandler) -> ActionResult:
        result = operation(self)
        if BOUNDS not in self.body:
            return result
        table = self.dynamodb_backend.get_table(self.body["TableName"])
        _keep(table, self.body)
        return DynamoResult(table.describe())

    return bounded


def _describing(describe: Callable[[Table, str], dict[str, Any]]) -> Callable[[Table, str], dict[str, Any]]:
    def described(self: Table, base_key: str = "TableDescription") -> dict[str, Any]:
        result = describe(self, base_key)
        result[base_key].update(_kept(self))
        return result

    return described


def _create_index_bounded(given: dict[str, Any], table_key_attrs: list[str]) -> GlobalSecondaryIndex:
    index = _create_index(given, table_key_attrs)
    _keep(index, given)
    return index


def _update_index_bounded(self: GlobalSecondaryIndex, given: dict[str, Any]) -> None:
    _update_index(self, given)
    _keep(self, given)


def _describe_index_bounded(self: GlobalSecondaryIndex) -> dict[str, Any]:
    return {**_describe_index(self), **_kept(self)}


def _keep(thing: Table | GlobalSecondaryIndex, given: Mapping[str, Any]) -> None:
    if BOUNDS in given:
        vars(thing)["bounds"] = {**_kept(thing).get(BOUNDS, {}), **given[BOUNDS]}


def _kept(thing: Table | GlobalSecondaryIndex) -> dict[str, Any]:
    return {BOUNDS: vars(thing)["bounds"]} if "bounds" in vars(thing) else {}
