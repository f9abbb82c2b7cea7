"""Global tables: replicas of DynamoDB tables in other regions."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.scripts.local.aws.clients import clients_of

Aws = Callable[[str], Any]

HERE, THERE = "us-east-1", "eu-west-1"
STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
KEY = {"AttributeName": "id", "AttributeType": "S"}
TABLE = {
    "AttributeDefinitions": [KEY, {"AttributeName": "author", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-author",
            "KeySchema": [{"AttributeName": "author", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
    "BillingMode": "PAY_PER_REQUEST",
}
OTHER_KEY = "arn:aws:kms:eu-west-1:123456789012:key/there"


@pytest.fixture
def there(endpoint: str) -> Any:
    """DynamoDB of the other region."""
    return clients_of(endpoint, THERE)("dynamodb")


@pytest.fixture
def here(aws: Aws, there: Any) -> Iterator[Any]:
    """DynamoDB of the first region; what a test leaves is deleted."""
    client = aws("dynamodb")
    yield client
    for region in (there, client):
        for table in region.list_tables()["TableNames"]:
            if table.startswith("global-"):
                region.delete_table(TableName=table)


def create(dynamodb: Any, name: str, **more: Any) -> None:
    dynamodb.create_table(TableName=name, **{**TABLE, "StreamSpecification": STREAM, **more})


def replicate(dynamodb: Any, name: str, change: str = "Create", **more: Any) -> Any:
    update = [{change: {"RegionName": THERE, **more}}]
    return dynamodb.update_table(TableName=name, ReplicaUpdates=update)["TableDescription"]


def described(dynamodb: Any, name: str) -> dict[str, Any]:
    table: dict[str, Any] = dynamodb.describe_table(TableName=name)["Table"]
    return table


def item(key: str, **more: str) -> dict[str, Any]:
    return {name: {"S": value} for name, value in {"id": key, **more}.items()}


def test_each_region_tells_of_the_other_ones_replica(here: Any, there: Any) -> None:
    create(here, "global-a")
    replicate(here, "global-a")

    regions = {}
    for own, client in ((HERE, here), (THERE, there)):
        table = described(client, "global-a")
        (replica,) = table["Replicas"]
        regions[own] = replica["RegionName"]
        assert (replica["ReplicaStatus"], table["GlobalTableVersion"]) == ("ACTIVE", "2019.11.21")
        assert replica["GlobalSecondaryIndexes"] == [{"IndexName": "by-author"}]
        assert table["TableArn"] == f"arn:aws:dynamodb:{own}:123456789012:table/global-a"
        assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["by-author"]
    assert regions == {HERE: THERE, THERE: HERE}


def test_what_is_written_in_one_region_is_read_in_the_other(here: Any, there: Any) -> None:
    create(here, "global-b")
    here.put_item(TableName="global-b", Item=item("old", author="ann"))
    replicate(here, "global-b")
    there.put_item(TableName="global-b", Item=item("new", author="ann"))
    here.delete_item(TableName="global-b", Key=item("old"))

    assert here.get_item(TableName="global-b", Key=item("new"))["Item"] == item("new", author="ann")
    found = there.query(
        TableName="global-b",
        IndexName="by-author",
        KeyConditionExpression="author = :a",
        ExpressionAttributeValues={":a": {"S": "ann"}},
    )["Items"]
    assert found == [item("new", author="ann")]


def test_a_transaction_that_fails_leaves_the_regions_with_the_same_items(here: Any, there: Any) -> None:
    create(here, "global-c")
    replicate(here, "global-c")
    here.put_item(TableName="global-c", Item=item("kept"))
    refused = {"TableName": "global-c", "ConditionExpression": "attribute_not_exists(id)"}

    with pytest.raises(here.exceptions.TransactionCanceledException):
        here.transact_write_items(
            TransactItems=[
                {"Put": {"TableName": "global-c", "Item": item("dropped")}},
                {"Put": {**refused, "Item": item("kept")}},
            ]
        )
    there.put_item(TableName="global-c", Item=item("later"))

    for client in (here, there):
        found = sorted(each["id"]["S"] for each in client.scan(TableName="global-c")["Items"])
        assert found == ["kept", "later"]


def test_recovery_and_tags_are_each_regions_own_and_expiry_is_common(here: Any, there: Any) -> None:
    create(here, "global-d", Tags=[{"Key": "Stage", "Value": "dev"}])
    replicate(here, "global-d")
    ttl = {"AttributeName": "expires", "Enabled": True}
    here.update_time_to_live(TableName="global-d", TimeToLiveSpecification=ttl)
    recovery = {"PointInTimeRecoveryEnabled": True}
    there.update_continuous_backups(TableName="global-d", PointInTimeRecoverySpecification=recovery)

    assert there.describe_time_to_live(TableName="global-d")["TimeToLiveDescription"] == {
        "TimeToLiveStatus": "ENABLED",
        "AttributeName": "expires",
    }
    recoverable = [
        client.describe_continuous_backups(TableName="global-d")["ContinuousBackupsDescription"][
            "PointInTimeRecoveryDescription"
        ]["PointInTimeRecoveryStatus"]
        for client in (here, there)
    ]
    assert recoverable == ["DISABLED", "ENABLED"]
    arn = described(there, "global-d")["TableArn"]
    assert there.list_tags_of_resource(ResourceArn=arn)["Tags"] == []


def test_a_replica_is_encrypted_with_a_key_of_its_own_region(here: Any, there: Any) -> None:
    sse = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "arn:aws:kms:us-east-1:123456789012:key/here"}
    create(here, "global-e", SSESpecification=sse)

    with pytest.raises(ClientError, match="KMSMasterKeyId must be specified for each replica"):
        replicate(here, "global-e")
    replicate(here, "global-e", KMSMasterKeyId=OTHER_KEY)

    assert described(there, "global-e")["SSEDescription"]["KMSMasterKeyArn"] == OTHER_KEY
    assert described(here, "global-e")["Replicas"][0]["KMSMasterKeyId"] == OTHER_KEY
    (first,) = described(there, "global-e")["Replicas"]
    assert first["KMSMasterKeyId"] == sse["KMSMasterKeyId"]


def test_a_deleted_replica_is_gone_and_the_table_is_no_global_one_any_more(here: Any, there: Any) -> None:
    create(here, "global-f")
    replicate(here, "global-f")
    here.put_item(TableName="global-f", Item=item("kept"))

    updated = replicate(here, "global-f", "Delete")

    assert "Replicas" not in updated
    assert "global-f" not in there.list_tables()["TableNames"]
    assert here.get_item(TableName="global-f", Key=item("kept"))["Item"] == item("kept")
    with pytest.raises(ClientError, match="no replica in eu-west-1"):
        replicate(here, "global-f", "Delete")


def test_a_replica_needs_a_stream_and_a_region_that_has_no_such_table(here: Any) -> None:
    here.create_table(TableName="global-g", **TABLE)
    with pytest.raises(ClientError, match="a stream of NEW_AND_OLD_IMAGES"):
        replicate(here, "global-g")

    create(here, "global-h")
    replicate(here, "global-h")
    with pytest.raises(ClientError, match="already exists in eu-west-1"):
        replicate(here, "global-h")


def test_an_index_that_one_region_gets_the_others_get_too(here: Any, there: Any) -> None:
    create(here, "global-i")
    replicate(here, "global-i")
    index = {
        "IndexName": "by-rank",
        "KeySchema": [{"AttributeName": "rank", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    attributes = [{"AttributeName": name, "AttributeType": "S"} for name in ("id", "author", "rank")]
    here.update_table(
        TableName="global-i",
        AttributeDefinitions=attributes,
        GlobalSecondaryIndexUpdates=[{"Create": index}],
    )

    names = [each["IndexName"] for each in described(there, "global-i")["GlobalSecondaryIndexes"]]
    assert names == ["by-author", "by-rank"]


def test_moto_itself_still_ignores_replicas(moto: Aws) -> None:
    dynamodb = moto("dynamodb")
    create(dynamodb, "alone")
    replicate(dynamodb, "alone")

    assert "Replicas" not in described(dynamodb, "alone")
