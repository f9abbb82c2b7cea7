"""Tables: keys, indexes, bounds, replicas, and who may do what with them."""

import json
from typing import Any

import pulumi
import pytest

from infra.components import policy
from infra.components.tables import Index, Replica, Table, Tables, TablesArgs
from scripts.evaluation.recorder import ACCOUNT, Recording, record

REVIEWS = Table(
    key="product_id",
    sort_key="author_id",
    indexes={"by-author": Index(key="author_id", sort_key="created_at")},
)
OWN, OTHER = "arn:aws:kms:us-east-1:1:key/own", "arn:aws:kms:eu-west-1:1:key/other"
REPLICA = Replica(region="eu-west-1", kms_key_arn=OTHER)
ARN = "arn:aws:dynamodb:us-east-1:123456789012:blueprint-dev-reviews"


def made(table: Table = REVIEWS, **more: Any) -> dict[str, Any]:
    args = TablesArgs(tables={"reviews": table}, protect=False, **more)
    return dict(record(lambda: Tables("it", args)).one("dynamodb/table:Table").inputs)


def statements(recording: Recording) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = recording.one("RolePolicy").json("policy")["Statement"]
    return found


def granted(write: bool, region: str | None = None, **more: Any) -> list[dict[str, Any]]:  # noqa: FBT001 - read by name
    def program() -> None:
        tables = Tables("it", TablesArgs(tables={"reviews": REVIEWS}, protect=False, **more))
        there = tables.at(region, home="us-east-1", account_id=ACCOUNT) if region else tables
        role = policy.service_role("user", "lambda.amazonaws.com", "d", pulumi.ResourceOptions())
        there["reviews"].grant_write(role) if write else there["reviews"].grant_read(role)

    return statements(record(program))


def test_each_key_is_declared_once_whatever_it_is_a_key_of() -> None:
    names = [it["name"] for it in made()["attributes"]]
    assert names == ["product_id", "author_id", "created_at"]


@pytest.mark.parametrize(
    ("attributes", "projection"),
    [
        (None, {"projectionType": "ALL"}),
        ([], {"projectionType": "KEYS_ONLY"}),
        (["rating"], {"projectionType": "INCLUDE", "nonKeyAttributes": ["rating"]}),
    ],
)
def test_an_index_carries_what_it_is_told(attributes: Any, projection: dict[str, Any]) -> None:
    index = Index(key="author_id", attributes=attributes)
    (found,) = made(Table(key="id", indexes={"by-author": index}))["globalSecondaryIndexes"]
    assert found == {"name": "by-author", "hashKey": "author_id", **projection}


def test_a_bound_holds_for_the_indexes_too() -> None:
    table = made(max_reads=100)
    bound = {"maxReadRequestUnits": 100}
    assert table["onDemandThroughput"] == table["globalSecondaryIndexes"][0]["onDemandThroughput"] == bound


def test_a_table_alone_has_no_stream_and_one_with_replicas_has_both_images() -> None:
    assert not {"streamEnabled", "replicas"} & made().keys()
    table = made(replicas=[REPLICA], kms_key_arn=OWN)
    assert (table["streamEnabled"], table["streamViewType"]) == (True, "NEW_AND_OLD_IMAGES")
    assert table["replicas"] == [
        {"regionName": "eu-west-1", "kmsKeyArn": OTHER, "pointInTimeRecovery": False, "propagateTags": True}
    ]
    assert table["serverSideEncryption"] == {"enabled": True, "kmsKeyArn": OWN}


def test_reading_goes_over_the_indexes_and_changes_nothing() -> None:
    table, indexes = granted(write=False)
    assert (table["Action"], table["Resource"]) == (["dynamodb:GetItem", "dynamodb:Query"], [ARN])
    assert (indexes["Action"], indexes["Resource"]) == (["dynamodb:Query"], [f"{ARN}/index/by-author"])


def test_writing_is_of_single_items_and_with_the_key_only_by_way_of_dynamodb() -> None:
    table, indexes, key = granted(write=True, kms_key_arn=OWN)
    assert table["Action"] == [
        "dynamodb:GetItem",
        "dynamodb:Query",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem",
    ]
    assert indexes["Action"] == ["dynamodb:Query"]
    assert key["Resource"] == [OWN]
    assert "kms:Encrypt" in key["Action"]
    assert key["Condition"] == {"StringLike": {"kms:ViaService": "dynamodb.*.amazonaws.com"}}


def test_a_grant_in_another_region_is_on_the_replica_and_its_key_alone() -> None:
    table, indexes, key = granted(write=False, region="eu-west-1", kms_key_arn=OWN, replicas=[REPLICA])
    there = f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/blueprint-dev-reviews"
    assert (table["Resource"], indexes["Resource"]) == ([there], [f"{there}/index/by-author"])
    assert (key["Action"], key["Resource"]) == (["kms:Decrypt", "kms:DescribeKey"], [OTHER])


def test_each_region_is_warned_of_its_own_failures_and_of_writes_that_do_not_leave_it() -> None:
    names: dict[str, list[str]] = {}

    def program() -> None:
        args = TablesArgs(tables={"reviews": REVIEWS}, protect=False, replicas=[Replica(region="eu-west-1")])
        tables = Tables("it", args)
        names["here"] = [alarm.name for alarm in tables.alarms]
        names["there"] = [
            alarm.name for alarm in tables.at("eu-west-1", home="us-east-1", account_id=ACCOUNT).alarms
        ]

    record(program)
    kinds = ("throttled", "system-errors")
    assert names["here"] == [*(f"reviews-{kind}" for kind in kinds), "reviews-replication-eu-west-1"]
    assert names["there"] == [
        *(f"reviews-eu-west-1-{kind}" for kind in kinds),
        "reviews-eu-west-1-replication-us-east-1",
    ]


def test_an_item_is_put_in_dynamodbs_own_form() -> None:
    def program() -> None:
        tables = Tables("it", TablesArgs(tables={"shards": Table(key="shard")}, protect=False))
        tables.put("shards", "1", {"writer": pulumi.Output.from_input("db:5432")})

    item = record(program).one("TableItem").inputs
    assert json.loads(item["item"]) == {"shard": {"S": "1"}, "writer": {"S": "db:5432"}}
    assert item["hashKey"] == "shard"
