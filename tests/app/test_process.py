"""The shop as a process: what it does when it is killed, ended, or started wrongly."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.app.server import serving
from tests.app.shop import Arrange, Headers, client, place
from tests.waiting import PATIENCE, until, until_async, wait_until


async def test_an_order_that_was_acknowledged_survives_a_kill_and_its_event_is_published_afterwards(
    variables: dict[str, str], orders_queue: str, arrange: Arrange, tmp_path: Path, ada: Headers
) -> None:
    product = await arrange.product(stock=10)
    with serving(variables, tmp_path) as served:
        async with httpx.AsyncClient(base_url=served.url, timeout=PATIENCE) as shop:
            placed = await accepted(shop, ada, (product, 3))
            served.kill()

    assert placed.status_code == 201
    identifier = placed.json()["id"]
    assert await arrange.value("SELECT count(*) FROM orders WHERE id = $1::text::uuid", identifier) == 1
    assert await arrange.value("SELECT count(*) FROM outbox WHERE aggregate_id = $1", identifier) == 1
    assert await arrange.value("SELECT stock FROM products") == 7

    with serving(variables, tmp_path) as served:
        async with httpx.AsyncClient(base_url=served.url, timeout=PATIENCE) as shop:
            assert (await shop.get(placed.headers["location"], headers=ada)).json() == placed.json()
        event = await arrived(variables, orders_queue)
    assert event["data"] == {
        "order_id": identifier,
        "lines": [{"product_id": product, "quantity": 3}],
    }


async def accepted(shop: httpx.AsyncClient, who: Headers, line: tuple[int, int]) -> httpx.Response:
    """Place an order as a client does: one that is told to come back does so."""
    answers = []

    async def is_answered() -> bool:
        answers.append(await place(shop, who, line))
        return answers[-1].status_code != 503

    await until_async(is_answered)
    return answers[-1]


async def arrived(variables: dict[str, str], queue: str) -> dict[str, Any]:
    """Wait for the first event in the queue."""
    receive = client(variables, "sqs").receive_message
    messages: list[dict[str, Any]] = []

    def is_there() -> bool:
        messages.extend(receive(QueueUrl=queue).get("Messages", []))
        return bool(messages)

    await until(is_there)
    found: dict[str, Any] = json.loads(messages[0]["Body"])
    return found


async def test_a_request_in_flight_is_finished_before_the_process_ends(
    variables: dict[str, str], arrange: Arrange, tmp_path: Path, ada: Headers
) -> None:
    product = await arrange.product()
    with serving(variables, tmp_path) as served:
        async with httpx.AsyncClient(base_url=served.url, timeout=PATIENCE) as shop:
            async with arrange.connection.transaction():
                await arrange.connection.execute("SELECT 1 FROM products FOR UPDATE")
                placing = asyncio.create_task(place(shop, ada, (product, 1)))
                await waits_for_a_lock(arrange)
                served.process.terminate()
                await asyncio.sleep(0.3)
            placed = await placing
        returned = await asyncio.to_thread(served.process.wait, PATIENCE)

    assert placed.status_code == 201
    assert returned == 0
    assert await arrange.value("SELECT count(*) FROM orders") == 1


async def waits_for_a_lock(arrange: Arrange) -> None:
    """Wait until another session waits for the test's lock."""
    await until_async(lambda: arrange.value("SELECT count(*) FROM pg_locks WHERE NOT granted"))


def test_the_log_is_one_json_object_a_line_with_the_id_of_the_request(
    variables: dict[str, str], tmp_path: Path
) -> None:
    with serving(variables | {"LOG_LEVEL": "DEBUG"}, tmp_path) as served:
        httpx.get(f"{served.url}/nowhere", headers={"x-request-id": "abc-3"}, timeout=PATIENCE)
        httpx.get(f"{served.url}/products", headers={"x-request-id": "not valid!"}, timeout=PATIENCE)
        wait_until(lambda: '"path":"/products"' in served.log.read_text())  # it is written after the answer
        log = served.log.read_text()

    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    [missing] = [line for line in lines if line.get("path") == "/nowhere"]
    assert missing.pop("timestamp").endswith("+00:00")
    assert missing.pop("milliseconds") >= 0
    assert missing == {
        "level": "INFO",
        "service": "shop",
        "logger": "app.platform.middleware",
        "message": "request",
        "request_id": "abc-3",
        "method": "GET",
        "path": "/nowhere",
        "status": 404,
    }
    [listed] = [line for line in lines if line.get("path") == "/products"]
    assert listed["level"] == "DEBUG"
    assert len(listed["request_id"]) == 32


def test_uvicorn_serves_it_as_well(variables: dict[str, str], tmp_path: Path) -> None:
    with serving(variables, tmp_path, ("uvicorn",)) as served:
        assert httpx.get(f"{served.url}/ready", timeout=PATIENCE).json()["status"] == "ready"


@pytest.mark.parametrize("server", [("granian", "--interface", "asgi"), ("uvicorn",)])
@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"DATABASE_WRITER": "nowhere"}, "DATABASE_WRITER is 'nowhere': it must be host:port."),
        ({"DATABASE_SECRET_ARN": "missing"}, "The secret missing of DATABASE_SECRET_ARN cannot be read"),
    ],
)
def test_a_start_that_the_environment_prevents_ends_with_one_message(
    variables: dict[str, str], tmp_path: Path, change: dict[str, str], told: str, server: tuple[str, ...]
) -> None:
    with serving(variables | change, tmp_path, server, wait=False) as served:
        returned = served.process.wait(PATIENCE)
        log = served.log.read_text()

    assert returned != 0
    assert told in log
    assert "Traceback" not in log
