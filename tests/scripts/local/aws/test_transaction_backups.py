"""A refused transaction leaves the tables as they were, and what one copies does not grow with them."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import Item

from scripts.local.aws.extensions import transaction_backups

TABLE = "transactions"
ITEMS = 50


def key(number: int, place: int = 0) -> dict[str, Any]:
    return {"id": {"S": str(number)}, "place": {"N": str(place)}}


def add(number: int, pieces: int = 1) -> dict[str, Any]:
    return {
        "Update": {
            "TableName": TABLE,
            "Key": key(number),
            "UpdateExpression": "ADD pieces :pieces",
            "ExpressionAttributeValues": {":pieces": {"N": str(pieces)}},
        }
    }


def never() -> dict[str, Any]:
    """What refuses the transaction that it is in."""
    missing = "attribute_not_exists(id)"
    return {"Put": {"TableName": TABLE, "Item": key(1, 1), "ConditionExpression": missing}}


@pytest.fixture
def tables(aws: Callable[[str], Any]) -> Any:
    client = aws("dynamodb")
    client.create_table(
        TableName=TABLE,
        AttributeDefinitions=[
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "place", "AttributeType": "N"},
        ],
        KeySchema=[
            {"AttributeName": "id", "KeyType": "HASH"},
            {"AttributeName": "place", "KeyType": "RANGE"},
        ],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    client.put_item(TableName=TABLE, Item=key(1, 1))
    client.put_item(TableName=TABLE, Item=key(1) | {"pieces": {"N": "5"}})
    yield client
    client.delete_table(TableName=TABLE)


def test_a_refused_transaction_leaves_changed_and_new_items_as_they_were(tables: Any) -> None:
    before = tables.scan(TableName=TABLE)["Items"]

    with pytest.raises(ClientError, match="TransactionCanceled"):
        tables.transact_write_items(TransactItems=[add(1), add(2), never()])

    assert tables.scan(TableName=TABLE)["Items"] == before


def test_after_it_transactions_change_what_they_should(tables: Any) -> None:
    with pytest.raises(ClientError):
        tables.transact_write_items(TransactItems=[add(1), never()])

    tables.transact_write_items(TransactItems=[add(1, 2), add(2)])

    found = {item["id"]["S"]: item for item in tables.scan(TableName=TABLE)["Items"] if "pieces" in item}
    assert {name: item["pieces"]["N"] for name, item in found.items()} == {"1": "7", "2": "1"}


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> list[Item]:
    """The items that are copied, in this process."""
    found: list[Item] = []

    def count(item: Item, memo: dict[int, Any]) -> Item:
        found.append(item)
        twin = copy.copy(item)
        vars(twin).update(copy.deepcopy(vars(item), memo))
        return twin

    monkeypatch.setattr(Item, "__deepcopy__", count, raising=False)
    return found


@pytest.fixture
def backend() -> DynamoDBBackend:
    """DynamoDB with a table of items, in this process."""
    backend = DynamoDBBackend("us-east-1", "123456789012")
    backend.create_table(
        TABLE,
        schema=[
            {"AttributeName": "id", "KeyType": "HASH"},
            {"AttributeName": "place", "KeyType": "RANGE"},
        ],
        throughput=None,
        attr=[
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "place", "AttributeType": "N"},
        ],
        global_indexes=None,
        indexes=None,
        streams=None,
        billing_mode="PAY_PER_REQUEST",
        sse_specification=None,
        tags=[],
        deletion_protection_enabled=False,
        warm_throughput=None,
    )
    for number in range(ITEMS):
        backend.put_item(TABLE, key(number))
    return backend


def test_moto_copies_every_item_of_the_table(backend: DynamoDBBackend, copied: list[Item]) -> None:
    """Once it does no more, the extension can go."""
    backend.transact_write_items([add(1)])

    assert len(copied) >= ITEMS


def test_with_the_extension_only_what_is_written_is_copied(
    backend: DynamoDBBackend, copied: list[Item], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DynamoDBBackend, "transact_write_items", DynamoDBBackend.transact_write_items)
    monkeypatch.setattr("moto.dynamodb.models.table.Table.__deepcopy__", None, raising=False)
    transaction_backups.install()

    backend.transact_write_items([add(1)])

    assert 1 <= len(copied) < 5
