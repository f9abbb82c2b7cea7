"""The built packages run under AWS's own runtime client, with nothing but their zip and the runtime."""

import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from scripts.build import build
from scripts.local import REGION
from scripts.local.runtime.addresses import Addresses
from scripts.local.runtime.aws_client import Aws
from scripts.local.runtime.context import Context
from scripts.local.runtime.functions import Functions, Invocation, lambda_runtime
from scripts.local.runtime.interpreter import base_interpreter
from scripts.local.runtime.ports import Ports
from scripts.local.runtime.servers import postgres, redis
from scripts.local.runtime.supervisor import Supervisor
from tests.app.tokens import Issuer, issuing
from tests.lambdas import aws_events
from tests.lambdas.aws_events import (
    MEDIA_BUCKET,
    media_uploaded,
    order_paid,
    order_placed,
    position,
    sequence_number,
)
from tests.lambdas.conftest import ROOT, SALES_TABLE, aws_client

BUCKET = "packages"
CONNECTIONS = "SELECT pid, backend_start FROM pg_stat_activity WHERE application_name = :name"
END_CONNECTIONS = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = :name"
)
Rows = Callable[..., list[list[Any]]]
Deploy = Callable[[str], Awaitable[Callable[[dict[str, Any]], Awaitable[Invocation]]]]


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The artifacts for this machine by name."""
    dist = tmp_path_factory.mktemp("dist")
    artifacts = build("local", ROOT, dist).artifacts
    return {name: dist / "local" / artifact.file for name, artifact in artifacts.items()}


@pytest.fixture(scope="session")
def issuer() -> Iterator[Issuer]:
    """Whose tokens the function that is the shop takes."""
    with issuing() as found:
        yield found


@pytest.fixture(scope="session")
def shop(
    cloud: dict[str, str], issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """The environment of the function that is the shop."""
    with redis.running(tmp_path_factory.mktemp("redis")) as cache:
        yield cloud | {
            **issuer.variables,
            "SERVICE": "api",
            "CARTS_TABLE": "carts",
            "REVIEWS_TABLE": "reviews",
            "CHAT_TABLE": "chat",
            "CACHE_URL": cache.url,
            "EVENT_BUS": "shop",
            "PAYMENTS_QUEUE_URL": f"{cloud['AWS_ENDPOINT_URL']}/123456789012/payment-capture.fifo",
            "SALES_STREAM": "sales",
            "MEDIA_STREAM": "media",
            "POSITIONS_STREAM": "positions",
            "DEAD_LETTER_QUEUES": "[]",
            "DEAD_LETTERS_TABLE": "dead-letters",
        }


@pytest.fixture(scope="session")
def role(cloud: dict[str, str]) -> str:
    """The ARN of a role for the functions."""
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    role = aws_client(cloud)("iam").create_role(RoleName="function", AssumeRolePolicyDocument=trust)
    return str(role["Role"]["Arn"])


@pytest.fixture
async def deploy(
    packages: dict[str, Path], shop: dict[str, str], client: Callable[[str], Any], role: str, tmp_path: Path
) -> AsyncIterator[Deploy]:
    """Deploys a function as the program does; what it returns invokes the function with an event."""
    context = Context(
        aws=Aws(shop["AWS_ENDPOINT_URL"], REGION),
        supervisor=Supervisor(tmp_path),
        addresses=Addresses(shop["AWS_ENDPOINT_URL"]),
        ports=Ports(),
        state=tmp_path,
    )
    functions = Functions(context)

    async def deploy(name: str) -> Callable[[dict[str, Any]], Awaitable[Invocation]]:
        client("s3").create_bucket(Bucket=BUCKET)
        client("s3").put_object(Bucket=BUCKET, Key=packages[name].name, Body=packages[name].read_bytes())
        client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="handler.handler",
            Role=role,
            Code={"S3Bucket": BUCKET, "S3Key": packages[name].name},
            Timeout=30,
            MemorySize=256,
            Environment={
                "Variables": {key: value for key, value in shop.items() if not key.startswith("AWS_")}
            },
        )
        await functions.reconcile()
        return lambda event: functions.invoke(name, json.dumps(event).encode())

    yield deploy
    await functions.close()
    await context.supervisor.stop_all()
    for function in client("lambda").list_functions()["Functions"]:
        client("lambda").delete_function(FunctionName=function["FunctionName"])


async def test_order_notifications_confirms_an_order_once_and_names_what_it_refuses(
    deploy: Deploy, place_order: Callable[..., UUID], mailbox: Callable[[str], list[dict[str, Any]]]
) -> None:
    customer = f"{uuid4()}@example.com"
    message = order_placed(place_order(email=customer))
    invoke = await deploy("order_notifications")

    for _ in range(2):
        invocation = await invoke(aws_events.sqs(message, "poison"))
        assert invocation.error is None
        assert json.loads(invocation.payload) == {"batchItemFailures": [{"itemIdentifier": "message-1"}]}

    assert len(mailbox(customer)) == 1


async def test_position_writer_stores_what_a_malformed_record_does_not_hold_back(
    deploy: Deploy, rows: Rows
) -> None:
    invoke = await deploy("position_writer")

    keys = ["c-1", "c-2", "c-2"]
    invocation = await invoke(aws_events.kinesis(position("c-1"), b"malformed", position("c-2"), keys=keys))

    assert json.loads(invocation.payload) == {"batchItemFailures": [{"itemIdentifier": sequence_number(1)}]}
    assert rows("SELECT courier_id FROM courier_latest") == [["c-1"]]


async def test_sales_aggregator_counts_a_sale_once_and_names_what_it_refuses(
    deploy: Deploy, client: Callable[[str], Any]
) -> None:
    invoke = await deploy("sales_aggregator")
    product = uuid4().int % 10**9
    sale = order_paid((product, 2, 1000))

    for _ in range(2):
        invocation = await invoke(aws_events.kinesis(sale, b"poison"))
        assert json.loads(invocation.payload) == {
            "batchItemFailures": [{"itemIdentifier": sequence_number(1)}]
        }

    key = {"product_id": {"S": str(product)}, "window": {"S": "day#2025-11-24#EUR"}}
    counted = client("dynamodb").get_item(TableName=SALES_TABLE, Key=key)["Item"]
    assert (counted["pieces"], counted["revenue_minor"]) == ({"N": "2"}, {"N": "2000"})


async def test_media_renditions_brings_what_it_needs_for_pictures_and_films(
    deploy: Deploy, client: Callable[[str], Any]
) -> None:
    invoke = await deploy("media_renditions")
    film, note = uuid4(), client("s3").get_object
    body = (ROOT / "README.md").read_bytes()
    client("s3").put_object(Bucket=MEDIA_BUCKET, Key=f"quarantine/{film}", Body=body)

    invocation = await invoke(aws_events.kinesis(media_uploaded(film, "video"), b"poison"))

    assert json.loads(invocation.payload) == {"batchItemFailures": [{"itemIdentifier": sequence_number(1)}]}
    found = note(Bucket=MEDIA_BUCKET, Key=f"status/{film}/renditions.json")["Body"].read()
    assert "it is no film" in json.loads(found)["reason"], "which its own ffmpeg said"


@pytest.fixture
def poison(client: Callable[[str], Any]) -> Iterator[dict[str, Any]]:
    """A message that nobody can handle, received from a queue."""
    sqs = client("sqs")
    url = sqs.create_queue(QueueName="poisoned")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sqs.send_message(QueueUrl=url, MessageBody="poison")
    [message] = sqs.receive_message(QueueUrl=url, MessageSystemAttributeNames=["All"])["Messages"]
    yield aws_events.delivered(message, arn)
    sqs.delete_queue(QueueUrl=url)


async def test_logs_are_json_and_tell_no_secret_and_no_address(
    deploy: Deploy,
    place_order: Callable[..., UUID],
    server: postgres.Running,
    rows: Rows,
    poison: dict[str, Any],
) -> None:
    invoke = await deploy("order_notifications")
    await invoke(aws_events.sqs(order_placed(place_order(email="ada@example.com"))))
    rows(END_CONNECTIONS, name="order_notifications")

    event = aws_events.sqs(order_placed(place_order(email="ada@example.com")))
    event["Records"].append(poison)
    log = (await invoke(event)).log

    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert [line["message"].partition(":")[0] for line in lines] == [
        "the database connection was lost and is opened again",
        "order confirmed",
        "message not handled",
    ]
    assert {line["service"] for line in lines} == {"order_notifications"}
    assert lines[2]["message_id"] == poison["messageId"]
    assert "MalformedEventError" in lines[2]["exception_name"]
    assert server.master.password not in log
    assert "ada@example.com" not in log


async def test_the_api_starts_once_for_many_invocations(deploy: Deploy, rows: Rows, issuer: Issuer) -> None:
    invoke = await deploy("api")
    read = aws_events.http("GET", "/couriers/c-1/position", headers=issuer.bearer(None, "admin"))

    first = await invoke(read)
    [*opened] = rows(CONNECTIONS, name="api")
    second = await invoke(read)

    assert json.loads(first.payload)["statusCode"] == json.loads(second.payload)["statusCode"] == 404
    assert opened
    assert rows(CONNECTIONS, name="api") == opened


async def test_the_api_answers_as_the_shop_does(deploy: Deploy, rows: Rows, issuer: Issuer) -> None:
    rows("INSERT INTO courier_latest VALUES ('c-1', '2025-11-24T12:00:00Z', 52.5, 13.4)")
    invoke = await deploy("api")

    ready = json.loads((await invoke(aws_events.http("GET", "/ready"))).payload)
    read = aws_events.http("GET", "/couriers/c-1/position", headers=issuer.bearer(None, "admin"))
    found = json.loads((await invoke(read)).payload)
    stranger = json.loads((await invoke(aws_events.http("GET", "/couriers/c-1/position"))).payload)
    missing = json.loads((await invoke(aws_events.http("GET", "/products/999999"))).payload)
    order = aws_events.http("POST", "/orders", body="{}", headers=issuer.bearer())
    invalid = json.loads((await invoke(order)).payload)

    assert ready["statusCode"] == 200
    assert json.loads(found["body"])["latitude"] == 52.5
    assert stranger["statusCode"] == 401
    assert (missing["statusCode"], missing["isBase64Encoded"]) == (404, False)
    assert missing["headers"]["content-type"] == "application/problem+json"
    assert invalid["statusCode"] == 422


# How many modules each function may have imported when it is ready: what it needs now, and a tenth of room.
BUDGETS = {
    "order_notifications": 620,
    "order_inventory": 600,
    "payment_capture": 600,
    "dead_letter_handler": 600,
    "position_writer": 515,
    "sales_aggregator": 515,
    "media_renditions": 600,
    "media_captions": 515,
    "api": 1_100,
}
# What belongs to the shop, not to its consumers; and what belongs to the instances only.
SHOP = {"fastapi", "starlette", "pydantic", "asyncpg", "redis", "app"}
INSTANCES = {"sqlalchemy", "alembic", "granian", "uvloop"}
LIST = "import json, sys, handler; print(json.dumps(list(sys.modules)))"


@pytest.mark.parametrize("function", BUDGETS)
def test_a_function_imports_no_more_than_its_budget(
    function: str, packages: dict[str, Path], shop: dict[str, str], tmp_path: Path
) -> None:
    lambda_runtime.build(tmp_path / "runtime")
    shutil.unpack_archive(packages[function], tmp_path / "code")

    modules = set(json.loads(run(LIST, shop, tmp_path / "code", tmp_path / "runtime")))

    assert len(modules) <= BUDGETS[function]
    assert not modules & (INSTANCES if function == "api" else SHOP | INSTANCES)


def test_the_application_brings_all_it_imports(packages: dict[str, Path], tmp_path: Path) -> None:
    shutil.unpack_archive(packages["app"], tmp_path, filter="data")
    program = "import granian, uvloop, app.main, app.platform.migrations; print(app.main.__file__)"
    assert run(program, {}, tmp_path, tmp_path / "site-packages").strip() == str(tmp_path / "app/main.py")


def run(program: str, environment: dict[str, str], *folders: Path) -> str:
    """Run a program with nothing but these folders and the standard library; return what it printed."""
    environment = environment | {"PYTHONPATH": ":".join(map(str, folders))}
    command = [*base_interpreter(), "-c", program]
    finished = subprocess.run(
        command, cwd=folders[0], env=environment, capture_output=True, text=True, check=True
    )
    return finished.stdout
