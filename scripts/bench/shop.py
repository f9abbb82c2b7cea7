"""What the shop needs to run: its servers, with some products."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pg8000.native  # type: ignore[import-untyped] # it has no annotations

from scripts.local import aws, environment
from scripts.local.runtime.servers import postgres, redis

ROOT = Path(__file__).resolve().parents[2]
PRODUCTS = 3_000  # more than a process' own memory holds
INSERT = """
    INSERT INTO products (sku, name, description, category, price_minor, currency, image_path, stock)
    SELECT 'SKU-' || number, 'Celadon vase ' || number, repeat('A vase that holds a branch upright. ', 4),
        'Ceramics', 4790, 'EUR', '/media/products/CER-001.svg', 200
    FROM generate_series(1, :products) AS number
"""


@dataclass(frozen=True)
class Shop:
    """The variables that lead to the servers, and the database."""

    variables: dict[str, str]
    database: postgres.Running


@contextmanager
def shop(folder: Path, *, durable: bool = False) -> Iterator[Shop]:
    """Run PostgreSQL, Redis and a local AWS until the block ends.

    `durable`: PostgreSQL waits for the disk, as it does in the stack; for figures of writes.
    """
    with ExitStack() as stack:
        database = stack.enter_context(postgres.running(folder, durable=durable))
        cache = stack.enter_context(redis.running(folder))
        endpoint = stack.enter_context(aws.running())
        login = database.master
        variables = {**os.environ, **environment(endpoint)}
        variables |= {
            "DATABASE_WRITER": f"{database.host}:{database.port}",
            "DATABASE_NAME": database.database,
            "DATABASE_SECRET_ARN": secret(variables, login),
            "DATABASE_SSLMODE": "prefer",
            "CACHE_URL": f"redis://{cache.host}:{cache.port}/0",
            "EVENT_BUS": "none",
            "PAYMENTS_QUEUE_URL": f"{endpoint}/none",
            "SALES_STREAM": "none",
            "MEDIA_STREAM": "none",
            "POSITIONS_STREAM": "none",
            "IDENTITY_POOL_ID": "us-east-1_none",
            "IDENTITY_CLIENT_ID": "none",
            "IDENTITY_ISSUER": f"{endpoint}/none",
            "IDENTITY_KEYS_URL": f"{endpoint}/none",
            "IDENTITY_PASSWORD_LENGTH": "12",
            "CARTS_TABLE": "none",
            "REVIEWS_TABLE": "none",
            "CHAT_TABLE": "none",
            "LOG_LEVEL": "INFO",
        }
        migrate(variables)
        connection = pg8000.native.Connection(
            login.username, database.host, database.database, database.port, login.password
        )
        connection.run(INSERT, products=PRODUCTS)
        connection.close()
        yield Shop(variables, database)


def migrate(variables: dict[str, str]) -> None:
    """Create the tables."""
    command = [sys.executable, "-m", "app.platform.migrations", "upgrade"]
    subprocess.run(command, cwd=ROOT, env=variables, check=True, stdout=subprocess.DEVNULL)


def secret(variables: dict[str, str], login: postgres.Login) -> str:
    """Put a login where the shop looks for it, and return its ARN."""
    value = json.dumps({"username": login.username, "password": login.password})
    created = aws_client(variables, "secretsmanager").create_secret(Name="database", SecretString=value)
    return str(created["ARN"])


def aws_client(variables: dict[str, str], service: str) -> Any:
    """Return a boto3 client for the local AWS."""
    session: Any = boto3.session.Session(
        variables["AWS_ACCESS_KEY_ID"],
        variables["AWS_SECRET_ACCESS_KEY"],
        region_name=variables["AWS_REGION"],
    )
    return session.client(service, endpoint_url=variables["AWS_ENDPOINT_URL"])
