"""The AWS APIs, as the runtime calls them: cached clients, and calls that leave the event loop free."""

import asyncio
import threading
from typing import Any

import boto3
from botocore.config import Config

from scripts.local import environment

# Seconds. The first call of a service makes moto load its backend, which takes up to 5 s on two busy cores.
READ_TIMEOUT = 30.0
CONNECT_TIMEOUT = 2.0


class Aws:
    """Clients of the AWS APIs served at `endpoint` (such as `http://127.0.0.1:5000`) for one region."""

    def __init__(self, endpoint: str, region: str) -> None:
        self.endpoint = endpoint
        self.region = region
        variables = environment(endpoint)
        self._session = boto3.Session(
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
            region_name=region,
        )
        self._config = Config(
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            retries={"total_max_attempts": 2},
            s3={"addressing_style": "path"},  # a bucket has no host name of its own on loopback
        )
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    # The type of a boto3 client depends on the service's name at run time.
    def client(self, service: str) -> Any:
        """Return the client of a service ("rds", "s3", ...), one for all threads."""
        with self._lock:  # clients are thread-safe, making them is not
            if service not in self._clients:
                self._clients[service] = self._session.client(  # type: ignore[call-overload]
                    service, endpoint_url=self.endpoint, config=self._config
                )
            return self._clients[service]

    async def call(self, service: str, operation: str, **arguments: Any) -> Any:
        """Call an operation by its Python name ("describe_db_instances") in a thread and return its answer.

        Raises what boto3 raises: `ClientError` for an answer that is an error, `BotoCoreError` without one.
        """
        return await asyncio.to_thread(lambda: getattr(self.client(service), operation)(**arguments))

    async def collect(self, service: str, operation: str, **arguments: Any) -> Any:
        """Do the same with an operation that answers in pages, and return the answer with all of them."""

        def pages() -> Any:
            return self.client(service).get_paginator(operation).paginate(**arguments)

        return await asyncio.to_thread(lambda: pages().build_full_result())
