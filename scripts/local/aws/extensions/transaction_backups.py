"""DynamoDB: a transaction keeps what it may have to bring back, and no more.

Needed for moto 5.2.5, which copies every table that a transaction writes to as a whole, with all items and
stream records: with some thousand orders in it, each transaction takes seconds, and gigabytes.
"""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

Operations = Sequence[Mapping[str, Mapping[str, Any]]]

_written: dict[str, set[DynamoType]] = {}
"""Hash keys that the present transaction writes to, by table; requests are served one at a time."""


def install() -> None:
    """Copy tables by what is written, on top of what other extensions made of transactions."""
    DynamoDBBackend.transact_write_items = _noting(  # type: ignore[method-assign]
        DynamoDBBackend.transact_write_items
    )
    Table.__deepcopy__ = _copied  # type: ignore[attr-defined]


def _noting(transact: Callable[..., None]) -> Callable[..., None]:
    def noted(self: DynamoDBBackend, transact_items: Operations) -> None:
        with _noted(self, transact_items):
            transact(self, transact_items)

    return noted


@contextmanager
def _noted(backend: DynamoDBBackend, operations: Operations) -> Iterator[None]:
    for operation in operations:
        [(kind, what)] = operation.items()
        if table := backend.tables.get(what.get("TableName", "")):
            written = what.get("Item" if kind == "Put" else "Key", {}).get(table.hash_key_attr)
            _written.setdefault(table.name, set()).update([DynamoType(written)] if written else [])
    try:
        yield
    finally:
        _written.clear()


def _copied(table: Table, memo: dict[int, Any]) -> Table:
    """Return a copy whose items can be put back; outside of a transaction, one of everything."""
    twin = copy.copy(table)
    memo[id(table)] = twin
    if table.name not in _written:
        vars(twin).update(copy.deepcopy(vars(table), memo))
        return twin
    twin.items = table.items.copy()
    for key in _written[table.name] & table.items.keys():
        twin.items[key] = copy.deepcopy(table.items[key], memo)
    if table.stream_shard:
        twin.stream_shard = copy.copy(table.stream_shard)
        twin.stream_shard.table = twin
        twin.stream_shard.items = list(table.stream_shard.items)
    return twin
