"""The DynamoDB tables of the shop, as the stack has them."""

import uuid
from typing import Any


def create(dynamodb: Any) -> dict[str, str]:
    """Make the tables, empty, and return the variables that name them."""
    tag = uuid.uuid4().hex[:8]
    _create(dynamodb, f"carts-{tag}", ("cart_id", "written_in"))
    indexes = {"by-product": ("product_id", "created_at"), "by-author": ("author_id", "created_at")}
    _create(dynamodb, f"reviews-{tag}", ("product_id", "author_id"), indexes)
    _create(dynamodb, f"chat-{tag}", ("room", "id"), {"by-newest": ("kind", "newest")})
    return {
        "CARTS_TABLE": f"carts-{tag}",
        "REVIEWS_TABLE": f"reviews-{tag}",
        "CHAT_TABLE": f"chat-{tag}",
    }


def _create(
    dynamodb: Any, name: str, key: tuple[str, str], indexes: dict[str, tuple[str, str]] | None = None
) -> None:
    indexes = indexes or {}
    used = sorted({*key, *(attribute for one in indexes.values() for attribute in one)})
    more = (
        {
            "GlobalSecondaryIndexes": [
                {"IndexName": index, "KeySchema": _schema(*keys), "Projection": {"ProjectionType": "ALL"}}
                for index, keys in indexes.items()
            ]
        }
        if indexes
        else {}
    )
    dynamodb.create_table(
        TableName=name,
        KeySchema=_schema(*key),
        AttributeDefinitions=[{"AttributeName": one, "AttributeType": "S"} for one in used],
        BillingMode="PAY_PER_REQUEST",
        **more,
    )


def _schema(key: str, sort_key: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": key, "KeyType": "HASH"},
        {"AttributeName": sort_key, "KeyType": "RANGE"},
    ]
