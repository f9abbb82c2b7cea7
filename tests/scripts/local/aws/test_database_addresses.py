"""Programs on this machine read in tables where databases are here; everybody else what was deployed."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import httpx
import pytest

from scripts.local import environment
from tests.waiting import PATIENCE

Aws = Callable[[str], Any]

DEPLOYED = "shop.aaaaaaaaaa.us-east-1.rds.amazonaws.com:5432"
REPLICA = f"replica-of-{DEPLOYED}"
LOCAL = "127.0.0.1:20001"
ITEM = {"shard": {"S": "1"}, "writer": {"S": DEPLOYED}, "readers": {"S": f"{REPLICA},{DEPLOYED}0"}}
KEY = {"shard": {"S": "1"}}


@pytest.fixture
def table(aws: Aws) -> Iterator[str]:
    """A directory of one shard."""
    dynamodb = aws("dynamodb")
    dynamodb.create_table(
        TableName="directory",
        KeySchema=[{"AttributeName": "shard", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "shard", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.put_item(TableName="directory", Item=ITEM)
    yield "directory"
    dynamodb.delete_table(TableName="directory")


@pytest.fixture
def tell(endpoint: str) -> Iterator[Callable[[object], httpx.Response]]:
    """Tell the local AWS where databases are; afterwards, nowhere."""

    def tell(local: object) -> httpx.Response:
        address = f"{endpoint}/_blueprint/database-addresses"
        return httpx.put(address, json={"local": local}, timeout=PATIENCE)

    yield tell
    tell({})


def program(endpoint: str) -> Any:
    """A client of DynamoDB with the keys of a program that the runtime started."""
    variables = environment(endpoint, "shop")
    return boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name=variables["AWS_REGION"],
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
    )


def test_a_program_reads_the_local_address_and_everybody_else_the_deployed_one(
    aws: Aws, endpoint: str, table: str, tell: Callable[[object], httpx.Response]
) -> None:
    assert tell({DEPLOYED: LOCAL}).json() == {"addresses": 1}

    expected = ITEM | {"writer": {"S": LOCAL}}  # and no address that only ends or begins alike
    assert program(endpoint).get_item(TableName=table, Key=KEY)["Item"] == expected
    assert program(endpoint).scan(TableName=table)["Items"] == [expected]
    assert aws("dynamodb").get_item(TableName=table, Key=KEY)["Item"] == ITEM


def test_what_is_told_next_takes_its_place(
    endpoint: str, table: str, tell: Callable[[object], httpx.Response]
) -> None:
    tell({DEPLOYED: LOCAL})
    tell({})

    assert program(endpoint).get_item(TableName=table, Key=KEY)["Item"] == ITEM


def test_what_tells_no_addresses_is_refused(tell: Callable[[object], httpx.Response]) -> None:
    answer = tell([DEPLOYED])

    assert answer.status_code == 400
    assert "local" in answer.json()["error"]
