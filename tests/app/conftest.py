"""The shop's surroundings, all of them real: PostgreSQL, Redis and a local AWS, once for all tests.

Each test has a database, a queue and a stream of its own.
"""

import json
import uuid
from collections.abc import AsyncIterator, Iterator

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from app.main import create_app, resources
from app.platform import logs, migrations
from app.platform.settings import Settings
from scripts.local import aws, environment
from scripts.local.runtime.servers import postgres, redis
from tests.app.shop import Arrange, client

TEMPLATE = "template_shop"


@pytest.fixture(scope="session")
def primary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.Running]:
    """A PostgreSQL primary."""
    with postgres.running(tmp_path_factory.mktemp("primary"), database=TEMPLATE) as server:
        yield server


@pytest.fixture(scope="session")
def cache_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[redis.Running]:
    """A Redis server."""
    with redis.running(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="session")
def aws_endpoint() -> Iterator[str]:
    """The address of a local AWS."""
    with aws.running() as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def aws_variables(aws_endpoint: str, primary: postgres.Running) -> dict[str, str]:
    """The variables that lead to the local AWS and to the secret in it."""
    variables = environment(aws_endpoint)
    login = {"username": primary.master.username, "password": primary.master.password}
    secret = client(variables, "secretsmanager").create_secret(
        Name="database", SecretString=json.dumps(login)
    )
    return variables | {"DATABASE_SECRET_ARN": secret["ARN"]}


@pytest.fixture(scope="session")
def migrated(aws_variables: dict[str, str], primary: postgres.Running) -> str:
    """The name of a migrated database to copy from."""
    variables = {
        **aws_variables,
        "DATABASE_WRITER": f"{primary.host}:{primary.port}",
        "DATABASE_NAME": TEMPLATE,
        "DATABASE_SSLMODE": "prefer",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        assert migrations.main(["upgrade"]) == 0
    return TEMPLATE


@pytest.fixture
async def variables(
    aws_variables: dict[str, str],
    primary: postgres.Running,
    cache_server: redis.Running,
    migrated: str,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[dict[str, str]]:
    """The shop's environment, set for the test: a database, a queue and a stream that nobody else uses."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    queue = client(aws_variables, "sqs").create_queue(QueueName=name)
    client(aws_variables, "kinesis").create_stream(StreamName=name, ShardCount=1)
    server = await asyncpg.connect(primary.url.rpartition("/")[0] + "/postgres")
    await server.execute(f"CREATE DATABASE {name} TEMPLATE {migrated}")
    found = {
        **aws_variables,
        "DATABASE_WRITER": f"{primary.host}:{primary.port}",
        "DATABASE_NAME": name,
        "DATABASE_SSLMODE": "prefer",
        "CACHE_URL": f"redis://{cache_server.host}:{cache_server.port}/0",
        "ORDERS_QUEUE_URL": queue["QueueUrl"],
        "POSITIONS_STREAM": name,
    }
    for variable, value in found.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr(logs, "configure", lambda *_: None)  # pytest's own handlers stay
    yield found
    await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await server.close()


@pytest.fixture
def settings(variables: dict[str, str]) -> Settings:
    """The test's settings."""
    return Settings.from_environment(variables)


@pytest.fixture
async def application(settings: Settings, cache_server: redis.Running) -> AsyncIterator[FastAPI]:
    """The running application, without its relay."""
    created = create_app()
    async with resources(created, settings, relay=False):
        yield created


@pytest.fixture
async def shop(application: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application."""
    transport = httpx.ASGITransport(application, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as http:
        yield http


@pytest.fixture
async def arrange(variables: dict[str, str], primary: postgres.Running) -> AsyncIterator[Arrange]:
    """The test's own connection to its database."""
    connection = await asyncpg.connect(
        primary.url.rpartition("/")[0] + "/" + variables["DATABASE_NAME"], timeout=5
    )
    yield Arrange(connection)
    await connection.close()
