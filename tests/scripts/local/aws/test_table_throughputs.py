"""The highest throughput of tables that are paid by request."""

from collections.abc import Callable
from typing import Any

Aws = Callable[[str], Any]

BOUNDS = {"MaxReadRequestUnits": 100, "MaxWriteRequestUnits": 10}
TABLE: dict[str, Any] = {
    "AttributeDefinitions": [
        {"AttributeName": "id", "AttributeType": "S"},
        {"AttributeName": "author", "AttributeType": "S"},
    ],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-author",
            "KeySchema": [{"AttributeName": "author", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
            "OnDemandThroughput": BOUNDS,
        }
    ],
    "BillingMode": "PAY_PER_REQUEST",
}


def bounds(dynamodb: Any, name: str) -> tuple[Any, Any]:
    table = dynamodb.describe_table(TableName=name)["Table"]
    return table.get("OnDemandThroughput"), table["GlobalSecondaryIndexes"][0].get("OnDemandThroughput")


def test_bounds_of_a_table_and_its_index_are_kept(aws: Aws) -> None:
    dynamodb = aws("dynamodb")
    dynamodb.create_table(TableName="bounded", OnDemandThroughput=BOUNDS, **TABLE)

    assert bounds(dynamodb, "bounded") == (BOUNDS, BOUNDS)


def test_bounds_can_be_changed_each_by_itself(aws: Aws) -> None:
    dynamodb = aws("dynamodb")
    dynamodb.create_table(TableName="changed", OnDemandThroughput=BOUNDS, **TABLE)
    higher = {"MaxReadRequestUnits": 200}
    dynamodb.update_table(TableName="changed", OnDemandThroughput=higher)
    update = {"IndexName": "by-author", "OnDemandThroughput": higher}
    dynamodb.update_table(TableName="changed", GlobalSecondaryIndexUpdates=[{"Update": update}])

    assert bounds(dynamodb, "changed") == ({**BOUNDS, **higher}, {**BOUNDS, **higher})


def test_a_table_without_bounds_has_none(aws: Aws) -> None:
    dynamodb = aws("dynamodb")
    (index,) = TABLE["GlobalSecondaryIndexes"]
    unbounded = {key: value for key, value in index.items() if key != "OnDemandThroughput"}
    dynamodb.create_table(TableName="unbounded", **{**TABLE, "GlobalSecondaryIndexes": [unbounded]})

    assert bounds(dynamodb, "unbounded") == (None, None)


def test_moto_itself_still_forgets_them(moto: Aws) -> None:
    dynamodb = moto("dynamodb")
    dynamodb.create_table(TableName="forgotten", OnDemandThroughput=BOUNDS, **TABLE)

    assert bounds(dynamodb, "forgotten") == (None, None)
