"""Reporting and reading couriers' positions over HTTP."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from app.main import create_app, resources
from app.platform.settings import Settings
from tests.app.shop import Arrange, client, client_of
from tests.app.tokens import Issuer


@pytest.fixture
def admin(issuer: Issuer) -> dict[str, str]:
    """The header of somebody who may report and read for every courier."""
    return issuer.bearer(None, "admin")


@pytest.fixture
def shop(shop: httpx.AsyncClient, admin: dict[str, str]) -> httpx.AsyncClient:
    """A client of the application, who is an administrator."""
    shop.headers.update(admin)
    return shop


def records(variables: dict[str, str]) -> list[dict[str, Any]]:
    """Return what the stream holds."""
    kinesis = client(variables, "kinesis")
    place = {"StreamName": variables["POSITIONS_STREAM"], "ShardIteratorType": "TRIM_HORIZON"}
    iterator = kinesis.get_shard_iterator(**place, ShardId="shardId-000000000000")["ShardIterator"]
    found: list[dict[str, Any]] = kinesis.get_records(ShardIterator=iterator)["Records"]
    return found


async def test_a_position_that_was_accepted_is_on_the_stream_under_the_couriers_key(
    shop: httpx.AsyncClient, variables: dict[str, str]
) -> None:
    position = {"latitude": 52.5, "longitude": 13.4, "recorded_at": "2025-01-02T03:04:05.678+01:00"}

    answer = await shop.post("/couriers/c-1/positions", json=position)

    assert answer.status_code == 202
    assert answer.headers["cache-control"] == "no-store"
    [record] = records(variables)
    assert record["PartitionKey"] == "c-1"
    assert (
        json.loads(record["Data"])
        == answer.json()
        == {
            "courier_id": "c-1",
            "latitude": 52.5,
            "longitude": 13.4,
            "recorded_at": "2025-01-02T02:04:05.678000Z",
        }
    )


async def test_a_shop_in_another_region_than_the_events_puts_positions_on_the_stream_there(
    variables: dict[str, str], arrange: Arrange, admin: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVENTS_REGION", "eu-west-1")
    there = variables | {"AWS_DEFAULT_REGION": "eu-west-1", "AWS_REGION": "eu-west-1"}
    kinesis = client(there, "kinesis")
    kinesis.create_stream(StreamName=variables["POSITIONS_STREAM"], ShardCount=1)
    application = create_app()
    async with resources(application), client_of(application) as shop:
        place = {"latitude": 0, "longitude": 0}
        answer = await shop.post("/couriers/c-1/positions", json=place, headers=admin)

    assert answer.status_code == 202
    assert [record["PartitionKey"] for record in records(there)] == ["c-1"]
    assert records(variables) == []
    kinesis.delete_stream(StreamName=variables["POSITIONS_STREAM"])


async def test_a_position_without_a_time_is_of_now(shop: httpx.AsyncClient) -> None:
    answer = await shop.post("/couriers/c-1/positions", json={"latitude": 0, "longitude": 0})

    recorded = datetime.fromisoformat(answer.json()["recorded_at"])
    assert abs(datetime.now(UTC) - recorded) < timedelta(minutes=1)


async def test_the_newest_position_is_read_from_the_table_of_the_consumer(
    shop: httpx.AsyncClient, arrange: Arrange
) -> None:
    assert (await shop.get("/couriers/c-1/position")).status_code == 404
    recorded = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
    await arrange.connection.execute(
        "INSERT INTO courier_latest VALUES ($1, $2, $3, $4)", "c-1", recorded, 52.5, 13.4
    )

    answer = await shop.get("/couriers/c-1/position")

    assert answer.json() == {
        "courier_id": "c-1",
        "latitude": 52.5,
        "longitude": 13.4,
        "recorded_at": "2025-01-02T03:04:05Z",
    }
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"latitude": 90.1}, "#/latitude"),
        ({"longitude": -180.5}, "#/longitude"),
        ({"latitude": float("nan")}, "#/latitude"),
        ({"longitude": float("inf")}, "#/longitude"),
        ({"latitude": None}, "#/latitude"),
        ({"recorded_at": "2025-01-02T03:04:05"}, "#/recorded_at"),
        ({"recorded_at": "2999-01-02T03:04:05Z"}, "#/recorded_at"),
        ({"speed": 3}, "#/speed"),
    ],
)
async def test_a_bad_position_is_pointed_at_and_not_sent(
    shop: httpx.AsyncClient, variables: dict[str, str], change: dict[str, Any], pointer: str
) -> None:
    body = json.dumps({"latitude": 1.0, "longitude": 1.0} | change)

    answer = await shop.post(
        "/couriers/c-1/positions", content=body, headers={"content-type": "application/json"}
    )

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert records(variables) == []


@pytest.mark.parametrize("courier", ["a" * 65, "c 1", "c%0A1", "ç"])
async def test_the_name_of_a_courier_is_a_plain_word(shop: httpx.AsyncClient, courier: str) -> None:
    assert (await shop.get(f"/couriers/{courier}/position")).status_code == 422


async def test_while_the_stream_cannot_be_reached_no_position_is_accepted(
    variables: dict[str, str], admin: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    application = create_app()
    async with resources(application, Settings.from_environment(variables), relay=False):
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        async with client_of(application) as shop:
            place = {"latitude": 0, "longitude": 0}
            answer = await shop.post("/couriers/c-1/positions", json=place, headers=admin)

    assert answer.status_code == 503
    assert answer.json()["detail"] == "kinesis does not answer at the moment"


async def test_a_stream_that_does_not_exist_is_an_error_of_ours(
    variables: dict[str, str], admin: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings.from_environment(variables | {"POSITIONS_STREAM": "missing"})
    application = create_app()
    async with resources(application, settings, relay=False), client_of(application) as shop:
        place = {"latitude": 0, "longitude": 0}
        answer = await shop.post("/couriers/c-1/positions", json=place, headers=admin)

    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "ResourceNotFoundException" not in answer.text
    assert "ResourceNotFoundException" in caplog.text
