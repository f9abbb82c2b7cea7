"""The AWS APIs, as the runtime calls them: cached clients, and calls that leave the event loop free."""

import asyncio
import http.client
import json
import threading
import urllib.parse
from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config

from scripts.local import environment
from scripts.local.aws import changes

# Seconds. The first call of a service makes moto load its backend, which takes up to 5 s on two busy cores.
READ_TIMEOUT = 60.0
CONNECT_TIMEOUT = 10.0
# Operations whose answers change only when something is changed, but for those of services with traffic.
READS = ("describe_", "get_", "list_")
TRAFFIC = ("cloudwatch", "dynamodb", "kinesis", "sqs")


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
        self._answers = _Answers(endpoint)
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

        An answer that describes what is deployed is shared with later callers: do not change it.
        Raises what boto3 raises: `ClientError` for an answer that is an error, `BotoCoreError` without one.
        """

        def call() -> Any:
            return getattr(self.client(service), operation)(**arguments)

        return await self._answer((service, operation, repr(arguments)), call)

    async def collect(self, service: str, operation: str, **arguments: Any) -> Any:
        """Do the same with an operation that answers in pages, and return the answer with all of them."""

        def collect() -> Any:
            return self.client(service).get_paginator(operation).paginate(**arguments).build_full_result()

        return await self._answer((service, operation, repr(arguments)), collect)

    async def changes(self) -> int | None:
        """Return how often something was changed; None where AWS does not say."""
        return await asyncio.to_thread(self._answers.read_changes)

    async def _answer(self, key: tuple[str, str, str], ask: Callable[[], Any]) -> Any:
        service, operation, _ = key
        if service in TRAFFIC or not operation.startswith(READS):
            return await asyncio.to_thread(ask)
        return await asyncio.to_thread(self._answers.get, key, ask)


class _Answers:
    """Answers that hold for as long as nothing is changed in the local AWS, which says so itself.

    Another AWS does not say, so that there each question is asked.
    """

    def __init__(self, endpoint: str) -> None:
        self._host = urllib.parse.urlsplit(endpoint).netloc
        self._changes = -1
        self._known: dict[tuple[str, str, str], Any] = {}

    def get(self, key: tuple[str, str, str], ask: Callable[[], Any]) -> Any:
        """Return what is known under the key, or what `ask` answers."""
        now = self.read_changes()
        if now is None:
            return ask()
        if now != self._changes:
            self._changes, self._known = now, {}
        known = self._known  # what was asked before a change is not kept after it
        if key not in known:
            known[key] = ask()
        return known[key]

    def read_changes(self) -> int | None:
        """Return how often something was changed."""
        connection = http.client.HTTPConnection(self._host, timeout=READ_TIMEOUT)
        try:
            connection.request("GET", changes.PATH)
            answer = connection.getresponse()
            return int(json.loads(answer.read())["changes"]) if answer.status == 200 else None
        except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError):
            return None
        finally:
            connection.close()
