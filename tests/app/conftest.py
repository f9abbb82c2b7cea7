"""The shop's surroundings, all of them real: PostgreSQL, Redis and a local AWS, once for all tests.

Each test finds the database and the cache empty, and has a bus and a stream of its own.
"""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Iterator

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from redis import Redis

from app.main import create_app, resources
from app.platform import logs, migrations
from app.platform.settings import DatabaseSettings, Settings
from scripts.local import aws, environment
from scripts.local.runtime.servers import postgres, redis
from tests.app import tables
from tests.app.fleet import create, drop
from tests.app.shop import ADA, Arrange, Headers, client, client_of
from tests.app.tokens import Issuer, issuing
from tests.app.world import World, world_of
from tests.waiting import PATIENCE

TABLES = (
    "products, reservations, orders, order_lines, payments, sandbox_ledger, idempotency_keys, outbox, "
    "shard_slots, media, courier_positions, courier_latest, daily_reports"
)


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """Limits that only a broken run reaches: on a machine at its limit, the shop's own would be reached.

    A test of such a limit sets that one itself. What is remembered for a second is so for the whole test.
    """
    limits = {
        "broadcast.PATIENCE": PATIENCE,
        "cache.TIMEOUT": PATIENCE,
        "memory.LIFETIME": PATIENCE,
        "postgres.CONNECT_TIMEOUT": PATIENCE,
        "postgres.ACQUIRE_TIMEOUT": PATIENCE,
        "postgres.QUERY_TIMEOUT": PATIENCE,
        "replicas.LONGEST_LAG": PATIENCE,
        "replicas.PATIENCE": PATIENCE,
        "stream.PATIENCE": PATIENCE,
        "postgres.LIMITS": dict.fromkeys(("statement_timeout", "lock_timeout"), f"{PATIENCE:.0f}s"),
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in limits.items():
            patch.setattr(f"app.platform.{name}", value)
        yield


@pytest.fixture(scope="session")
def primary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.Running]:
    """A PostgreSQL primary."""
    with postgres.running(tmp_path_factory.mktemp("primary"), database="shop") as server:
        yield server


@pytest.fixture(scope="session")
def replica(
    primary: postgres.Running, migrated: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[postgres.Running]:
    """A streaming replica of the primary."""
    with postgres.replica_of(primary, tmp_path_factory.mktemp("replica")) as server:
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
    """The variables that lead to the local AWS, and to the secret and the tables in it."""
    variables = environment(aws_endpoint)
    login = {"username": primary.master.username, "password": primary.master.password}
    secret = client(variables, "secretsmanager").create_secret(
        Name="database", SecretString=json.dumps(login)
    )
    names = tables.create(client(variables, "dynamodb")) | {"MEDIA_BUCKET": "media"}
    client(variables, "s3").create_bucket(Bucket="media")
    return variables | names | {"DATABASE_SECRET_ARN": secret["ARN"]}


@pytest.fixture(scope="session")
def migrated(aws_variables: dict[str, str], primary: postgres.Running) -> dict[str, str]:
    """The variables that lead to the database, which has its tables."""
    variables = {
        **aws_variables,
        "DATABASE_WRITER": f"{primary.host}:{primary.port}",
        "DATABASE_NAME": primary.database,
        "DATABASE_SSLMODE": "prefer",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        assert migrations.main(["upgrade"]) == 0
    return variables


@pytest.fixture(scope="session")
def five_databases(migrated: dict[str, str], primary: postgres.Running) -> Iterator[list[str]]:
    """The names of five more databases on the primary, for shards."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in migrated.items():
            patch.setenv(name, value)
        names = asyncio.run(create(DatabaseSettings.from_environment(migrated), primary, 5))
    yield names
    asyncio.run(drop(primary, names))


@pytest.fixture(scope="session")
def issuer() -> Iterator[Issuer]:
    """Whose tokens the shop takes: `issuer.bearer(subject, "admin")` is the header of such a request."""
    with issuing() as found:
        yield found


@pytest.fixture
def variables(
    migrated: dict[str, str],
    cache_server: redis.Running,
    issuer: Issuer,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[dict[str, str]]:
    """The shop's environment, set for the test: a cache that is empty, a bus and a stream of its own."""
    name = f"test-{uuid.uuid4().hex[:12]}"
    events, kinesis = client(migrated, "events"), client(migrated, "kinesis")
    events.create_event_bus(Name=name)
    kinesis.create_stream(StreamName=name, ShardCount=1)
    with Redis(host=cache_server.host, port=cache_server.port) as left_over:
        left_over.flushall()
    found = {
        **migrated,
        **issuer.variables,
        "CACHE_URL": f"redis://{cache_server.host}:{cache_server.port}/0",
        "EVENT_BUS": name,
        "PAYMENTS_QUEUE_URL": f"https://sqs.us-east-1.amazonaws.com/123456789012/{name}.fifo",
        "SALES_STREAM": f"{name}-sales",
        "MEDIA_STREAM": f"{name}-media",
        "POSITIONS_STREAM": name,
    }
    for variable, value in found.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr(logs, "configure", lambda *_: None)  # pytest's own handlers stay
    yield found
    events.delete_event_bus(Name=name)
    kinesis.delete_stream(StreamName=name)


@pytest.fixture
def orders_queue(variables: dict[str, str]) -> Iterator[str]:
    """The URL of a queue to which the test's bus leads placed orders, as the stack's does."""
    bus = variables["EVENT_BUS"]
    events, sqs = client(variables, "events"), client(variables, "sqs")
    queue = sqs.create_queue(QueueName=bus)["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    pattern = json.dumps({"source": ["shop"], "detail-type": ["order.placed"]})
    events.put_rule(Name="placed", EventBusName=bus, EventPattern=pattern)
    target = {"Id": "queue", "Arn": attributes["QueueArn"], "InputPath": "$.detail"}
    events.put_targets(Rule="placed", EventBusName=bus, Targets=[target])
    yield queue
    events.remove_targets(Rule="placed", EventBusName=bus, Ids=["queue"])
    events.delete_rule(Name="placed", EventBusName=bus)
    sqs.delete_queue(QueueUrl=queue)


@pytest.fixture
async def arrange(migrated: dict[str, str], primary: postgres.Running) -> AsyncIterator[Arrange]:
    """The test's own connection to the database, which is empty."""
    connection = await asyncpg.connect(primary.url, timeout=PATIENCE)
    await connection.execute(f"TRUNCATE {TABLES} RESTART IDENTITY CASCADE")
    yield Arrange(connection)
    await connection.close()


@pytest.fixture
def settings(variables: dict[str, str]) -> Settings:
    """The test's settings."""
    return Settings.from_environment(variables)


@pytest.fixture
async def application(settings: Settings, arrange: Arrange) -> AsyncIterator[FastAPI]:
    """The running application, without its relay."""
    created = create_app()
    async with resources(created, settings, relay=False):
        yield created


@pytest.fixture
async def shop(application: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application."""
    async with client_of(application) as http:
        yield http


@pytest.fixture
def ada(issuer: Issuer) -> Headers:
    """How a customer makes a request."""
    return issuer.bearer(ADA)


@pytest.fixture
def staff(issuer: Issuer) -> Headers:
    """How somebody who looks after orders makes a request."""
    return issuer.bearer(None, "support")


@pytest.fixture
async def world(
    settings: Settings, primary: postgres.Running, five_databases: list[str]
) -> AsyncIterator[World]:
    """The shop's services on three shards."""
    async with world_of(five_databases, settings, primary) as made:
        yield made
