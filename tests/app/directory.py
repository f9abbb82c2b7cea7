"""A directory of shards for tests."""

import uuid
from typing import Any


class DirectoryTable:
    """A directory, and what an operator does with it."""

    def __init__(self, dynamodb: Any) -> None:
        self.name = f"directory-{uuid.uuid4().hex[:8]}"
        self._dynamodb = dynamodb
        dynamodb.create_table(
            TableName=self.name,
            KeySchema=[{"AttributeName": "shard", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "shard", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )

    def put(self, shard: str, **values: str) -> None:
        item = {name: {"S": value} for name, value in values.items()}
        self._dynamodb.put_item(TableName=self.name, Item={"shard": {"S": shard}, **item})

    def shard(self, number: int, **values: str) -> None:
        said = {"writer": f"db-{number}:5432", "readers": "", "secret_arn": f"arn:{number}"}
        self.put(str(number), **said | values)

    def place(self, key: str, shard: int) -> None:
        self.put(f"key#{key}", lives_in=str(shard))

    def next_epoch(self) -> None:
        self._dynamodb.update_item(
            TableName=self.name,
            Key={"shard": {"S": "epoch"}},
            UpdateExpression="ADD #number :one",
            ExpressionAttributeNames={"#number": "number"},
            ExpressionAttributeValues={":one": {"N": "1"}},
        )

    def drop(self) -> None:
        self._dynamodb.delete_table(TableName=self.name)
