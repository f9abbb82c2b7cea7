"""One table of DynamoDB, in Python's own types: numbers are int, items are dictionaries."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from app.platform.aws import Aws
from app.platform.problems import UnavailableError

TRIES = 5  # of a transaction that meets others
PAUSE = 0.02  # seconds before the second try at most; doubled by each

Item = Mapping[str, Any]

_to_attributes = TypeSerializer().serialize
_from_attribute = TypeDeserializer().deserialize


class Field(NamedTuple):
    """An attribute of a key, and its value."""

    name: str
    value: str


class ConditionError(Exception):
    """The condition of a write does not hold: somebody else was there before."""


class _ConflictError(Exception):
    """Another transaction has one of the items."""


@dataclass(frozen=True, kw_only=True)
class Condition:
    """What must hold for a write, in DynamoDB's own language, with `:name` for its values."""

    expression: str
    values: Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some items of a key; `next` is the place after which the next page starts, None on the last."""

    items: Sequence[Item]
    next: Item | None


class Table:
    """A table, by its name."""

    def __init__(self, aws: Aws, name: str) -> None:
        self._aws = aws
        self._named = {"TableName": name}

    async def get(self, key: Item) -> Item | None:
        """Return the item of this key as it is now, or None.

        Raises:
            UnavailableError: DynamoDB does not answer, or asks to slow down.
        """
        answer = await self._call("get_item", Key=_attributes(key), ConsistentRead=True, **self._named)
        return _item(answer["Item"]) if "Item" in answer else None

    async def query(self, key: Field, beginning: Field | None = None) -> Sequence[Item]:
        """Return the items of a partition, or those whose sort key has this beginning, as they are now.

        They must be few: only the first megabyte is read.

        Raises:
            UnavailableError: DynamoDB does not answer, or asks to slow down.
        """
        answer = await self._call("query", ConsistentRead=True, **self._named, **_where(key, beginning))
        return [_item(found) for found in answer["Items"]]

    async def between(
        self, key: Field, lowest: Field, highest: Field, limit: int, *, newest_first: bool = False
    ) -> Sequence[Item]:
        """Return items of a partition by their sort key, from the lowest to the highest, as they are now.

        Of more than `limit`, or a megabyte, those that come first in the order asked for.

        Raises:
            UnavailableError: DynamoDB does not answer, or asks to slow down.
        """
        answer = await self._call(
            "query",
            ConsistentRead=True,
            ScanIndexForward=not newest_first,
            Limit=limit,
            KeyConditionExpression="#key = :key AND #sort BETWEEN :lowest AND :highest",
            ExpressionAttributeNames={"#key": key.name, "#sort": lowest.name},
            ExpressionAttributeValues=_values(
                {"key": key.value, "lowest": lowest.value, "highest": highest.value}
            ),
            **self._named,
        )
        return [_item(found) for found in answer["Items"]]

    async def page(self, index: str, key: Field, after: Item | None, limit: int) -> Page:
        """Return items of an index, the newest first; the index may be a moment behind the table.

        Raises:
            UnavailableError: DynamoDB does not answer, or asks to slow down.
        """
        answer = await self._call(
            "query",
            IndexName=index,
            ScanIndexForward=False,
            Limit=limit,
            **self._named,
            **_where(key),
            **({"ExclusiveStartKey": _attributes(after)} if after else {}),
        )
        last = answer.get("LastEvaluatedKey")
        return Page(items=[_item(found) for found in answer["Items"]], next=_item(last) if last else None)

    async def put(self, item: Item, condition: Condition) -> None:
        """Write the whole item if the condition holds of what is there.

        Raises:
            ConditionError: it does not.
            UnavailableError: DynamoDB does not answer, or asks to slow down.
        """
        await self._call("put_item", **self._named, Item=_attributes(item), **_conditional(condition))

    async def transact(self, *actions: Mapping[str, Any]) -> None:
        """Do all of the actions, made by `putting`, `deleting` and `adding`, or none.

        Raises:
            ConditionError: a condition does not hold.
            UnavailableError: DynamoDB does not answer, or another transaction has the same items.
        """
        for attempt in range(TRIES):
            try:
                await self._call("transact_write_items", TransactItems=actions)
            except _ConflictError:
                await asyncio.sleep(random.uniform(0, PAUSE * 2**attempt))  # noqa: S311 - spreads load
            else:
                return
        raise UnavailableError("the same items are being changed by others")

    def putting(self, item: Item, condition: Condition) -> Mapping[str, Any]:
        """Return the action that does what `put` does."""
        return {"Put": {**self._named, "Item": _attributes(item), **_conditional(condition)}}

    def deleting(self, key: Item, condition: Condition) -> Mapping[str, Any]:
        """Return the action that deletes the item of this key."""
        return {"Delete": {**self._named, "Key": _attributes(key), **_conditional(condition)}}

    def adding(self, key: Item, numbers: Mapping[str, int]) -> Mapping[str, Any]:
        """Return the action that adds to attributes of an item, which need not be there before."""
        terms = ", ".join(f"#{name} :{name}" for name in numbers)
        return {
            "Update": {
                **self._named,
                "Key": _attributes(key),
                "UpdateExpression": f"ADD {terms}",
                "ExpressionAttributeNames": {f"#{name}": name for name in numbers},
                "ExpressionAttributeValues": _values(numbers),
            }
        }

    async def _call(self, operation: str, **parameters: object) -> dict[str, Any]:
        try:
            return await self._aws.call("dynamodb", operation, **parameters)
        except ClientError as error:
            reasons = _reasons(error)
            if "ConditionalCheckFailed" in reasons:
                raise ConditionError from error
            if "TransactionConflict" in reasons:
                raise _ConflictError from error
            raise


def _reasons(error: ClientError) -> set[str]:
    """Return why a write was refused: of a transaction, the reason of each of its actions."""
    code = error.response["Error"].get("Code", "").removesuffix("Exception")
    cancelled = error.response.get("CancellationReasons", [])
    return {code, *(reason.get("Code", "") for reason in cancelled)}


def _where(key: Field, beginning: Field | None = None) -> dict[str, Any]:
    condition = "#key = :key" + (" AND begins_with(#sort, :beginning)" if beginning else "")
    names, values = {"#key": key.name}, {"key": key.value}
    if beginning:
        names["#sort"], values["beginning"] = beginning.name, beginning.value
    return {
        "KeyConditionExpression": condition,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": _values(values),
    }


def _conditional(condition: Condition) -> dict[str, Any]:
    values = {"ExpressionAttributeValues": _values(condition.values)} if condition.values else {}
    return {"ConditionExpression": condition.expression, **values}


def _values(values: Mapping[str, object]) -> dict[str, Any]:
    return {f":{name}": _to_attributes(value) for name, value in values.items()}


def _attributes(item: Item) -> dict[str, Any]:
    return {name: _to_attributes(value) for name, value in item.items()}


def _item(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(_from_attribute(value)) for name, value in attributes.items()}


def _plain(value: Any) -> Any:
    """Return the value with int in the place of Decimal, which boto3 reads numbers as."""
    if isinstance(value, Decimal):
        return int(value)
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value
