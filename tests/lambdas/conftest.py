"""What the functions find in the cloud: a real PostgreSQL with the shop's schema, and the local AWS."""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

import boto3
import httpx
import pg8000.native  # type: ignore[import-untyped] # it has no annotations
import pytest

from app.platform.identifiers import uuid7
from scripts.local import environment
from scripts.local.aws import running
from scripts.local.runtime.servers import postgres
from tests.lambdas.aws_events import MEDIA_BUCKET
from tests.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
TABLES = "orders, order_lines, stock_movements, courier_positions, courier_latest"
IDEMPOTENCY_TABLE = "idempotency"
SALES_TABLE = "sales"
SENDER = "shop@example.com"


@dataclass(frozen=True)
class Context:
    """What Lambda tells a handler about an invocation."""

    function_name: str = "function"
    memory_limit_in_mb: int = 256
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:function"
    aws_request_id: str = "8f507cfc-xmpl-4697-b07a-ac58fc914c95"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


@pytest.fixture(scope="session")
def aws_variables() -> Iterator[dict[str, str]]:
    """The variables that point AWS's SDK at a local AWS."""
    with running() as endpoint:
        yield environment(endpoint)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.Running]:
    """A PostgreSQL server."""
    with postgres.running(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture(scope="session")
def cloud(aws_variables: dict[str, str], server: postgres.Running) -> dict[str, str]:
    """The environment of a function, whose database has the shop's schema."""
    client = aws_client(aws_variables)
    secret = {"username": server.master.username, "password": server.master.password}
    arn = client("secretsmanager").create_secret(Name="database", SecretString=json.dumps(secret))["ARN"]
    client("sesv2").create_email_identity(EmailIdentity=SENDER)
    client("dynamodb").create_table(
        TableName=IDEMPOTENCY_TABLE,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client("dynamodb").create_table(
        TableName=SALES_TABLE,
        AttributeDefinitions=[
            {"AttributeName": "product_id", "AttributeType": "S"},
            {"AttributeName": "window", "AttributeType": "S"},
        ],
        KeySchema=[
            {"AttributeName": "product_id", "KeyType": "HASH"},
            {"AttributeName": "window", "KeyType": "RANGE"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    client("s3").create_bucket(Bucket=MEDIA_BUCKET)
    variables = aws_variables | {
        "STACK": "test",
        "STAGE": "dev",
        "DATABASE_WRITER": f"{server.host}:{server.port}",
        "DATABASE_NAME": server.database,
        "DATABASE_SECRET_ARN": arn,
        "DATABASE_SSLMODE": "prefer",
        "IDEMPOTENCY_TABLE": IDEMPOTENCY_TABLE,
        "SALES_TABLE": SALES_TABLE,
        "MEDIA_BUCKET": MEDIA_BUCKET,
        "EMAIL_SENDER": SENDER,
        "LOG_LEVEL": "INFO",
    }
    upgrade = [sys.executable, "-m", "app.platform.migrations", "upgrade"]
    subprocess.run(upgrade, cwd=ROOT, env=os.environ | variables, check=True)
    return variables


@pytest.fixture
def variables(cloud: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a function, set for this test."""
    for name, value in cloud.items():
        monkeypatch.setenv(name, value)
    return cloud


@pytest.fixture
def client(cloud: dict[str, str]) -> Callable[[str], Any]:
    """Clients of the local AWS, by the name of a service."""
    return aws_client(cloud)


def aws_client(variables: dict[str, str]) -> Callable[[str], Any]:
    def client(service: str) -> Any:
        return boto3.client(  # type: ignore[call-overload]
            service,
            endpoint_url=variables["AWS_ENDPOINT_URL"],
            region_name=variables["AWS_REGION"],
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        )

    return client


@pytest.fixture
def rows(server: postgres.Running, cloud: dict[str, str]) -> Iterator[Callable[..., list[list[Any]]]]:
    """Runs a statement in the database, whose tables are empty at first."""
    connection = pg8000.native.Connection(
        server.master.username,
        host=server.host,
        port=server.port,
        database=server.database,
        password=server.master.password,
    )
    connection.run(f"TRUNCATE {TABLES}")
    yield connection.run
    connection.close()


@pytest.fixture
def place_order(rows: Callable[..., Any]) -> Callable[..., UUID]:
    """Puts an order into the database, each line given as (name, quantity, price of one)."""

    def place(*lines: tuple[str, int, int], email: str = "ada@example.com", currency: str = "EUR") -> UUID:
        lines = lines or (("Lamp", 2, 1999), ("Book", 1, 1250))
        order_id = uuid7()
        total = sum(quantity * price for _, quantity, price in lines)
        rows(
            "INSERT INTO orders (id, customer_email, status, total_minor, currency, created_at) "
            "VALUES (:id, :email, 'placed', :total, :currency, now())",
            id=order_id,
            email=email,
            total=total,
            currency=currency,
        )
        for number, (name, quantity, price) in enumerate(lines, start=1):
            rows(
                "INSERT INTO order_lines "
                "(order_id, line_no, product_id, product_name, quantity, unit_price_minor) "
                "VALUES (:id, :number, 1, :name, :quantity, :price)",
                id=order_id,
                number=number,
                name=name,
                quantity=quantity,
                price=price,
            )
        return order_id

    return place


@pytest.fixture
def mailbox(cloud: dict[str, str]) -> Callable[[str], list[dict[str, Any]]]:
    """Tells the mails that an address got."""

    def mails(address: str) -> list[dict[str, Any]]:
        answer = httpx.get(f"{cloud['AWS_ENDPOINT_URL']}/_blueprint/mailbox", timeout=PATIENCE)
        messages = answer.json()["messages"]
        return [message for message in messages if address in message["destinations"]]

    return mails


@pytest.fixture
def cold_start(variables: dict[str, str]) -> Iterator[Callable[[str], ModuleType]]:
    """Loads a function's handler module as a new execution environment does."""
    started: list[ModuleType] = []

    def load(function: str) -> ModuleType:
        own = (f"lambdas.{function}.", "lambdas.streams", "lambdas.media")
        kept = [name for name in sys.modules if name.startswith(own)]
        for name in kept:
            del sys.modules[name]
        started.append(importlib.import_module(f"lambdas.{function}.handler"))
        return started[-1]

    yield load
    for module in started:  # Lambda would freeze and forget it; here its socket must not outlive the test
        for name in {"database", "shards"} & vars(module).keys():
            getattr(module, name).close()
