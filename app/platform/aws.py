"""AWS services from asynchronous code.

boto3 is synchronous: its calls run in threads of their own. Addresses, region and credentials come from the
standard variables of the AWS SDKs; a service that is used in another region is told so.
"""

import asyncio
import logging
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

import boto3
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own, which is no OSError
    CredentialRetrievalError,
    HTTPClientError,
    MetadataRetrievalError,
)

from app.platform.problems import UnavailableError
from app.platform.telemetry import span

logger = logging.getLogger(__name__)

# Calls at once; each thread may hold one connection of a client.
THREADS = 16
# A call takes 2 × (1 + 3) s and a pause between its attempts at most.
CONFIG = Config(
    connect_timeout=1,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 2},
    max_pool_connections=THREADS,
)
# What S3 is asked with beside: its own signatures where it would take older ones, and the region's address,
# which a form that a browser sends must have: it is not told again where a bucket is.
S3_CONFIG = CONFIG.merge(Config(signature_version="s3v4", s3={"addressing_style": "virtual"}))
# Errors that pass by themselves: the service's own, and its "slow down" by whatever name it goes.
THROTTLES = ("Throttl", "ThroughputExceeded", "RequestLimitExceeded", "TooManyRequests", "SlowDown")
# The role's credentials ran out before they were renewed, which the SDK does.
EXPIRED = ("ExpiredToken", "RequestExpired")
# The service, or the one that gives this role its credentials, cannot be reached.
UNREACHABLE = (HTTPClientError, ConnectionError, CredentialRetrievalError, MetadataRetrievalError)


class Aws:
    """A process' AWS clients, each created at its first use; a context manager that ends its threads."""

    def __init__(self, elsewhere: Mapping[str, str] | None = None) -> None:
        """`elsewhere` names the region of each service that is not used in this one: `{"kinesis": ...}`."""
        self._elsewhere = elsewhere or {}
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="aws")
        self._session: Any = boto3.session.Session()  # typed for every service there is, and slow to check
        self._clients: dict[str, Any] = {}
        self._creating = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        for client in self._clients.values():
            client.close()

    async def call(self, service: str, operation: str, **parameters: object) -> dict[str, Any]:
        """Call an operation by its method's name, as in `call("sqs", "send_message_batch", ...)`.

        Raises:
            UnavailableError: the service cannot be reached, fails, or asks to slow down.
            botocore.exceptions.ClientError: the service refuses the request for what it is.
        """
        loop = asyncio.get_running_loop()
        try:
            with span(f"{service}.{operation}"):
                return await loop.run_in_executor(self._threads, self._call, service, operation, parameters)
        except ClientError as error:
            if not _passes(error):
                raise
            raise _unavailable(service, operation, error) from error
        except UNREACHABLE as error:
            raise _unavailable(service, operation, error) from error

    def _call(self, service: str, operation: str, parameters: dict[str, object]) -> dict[str, Any]:
        answer: dict[str, Any] = getattr(self._client(service), operation)(**parameters)
        return answer

    def _client(self, service: str) -> Any:
        """Return the service's client. Clients are safe to share among threads; creating one is not."""
        with self._creating:
            if service not in self._clients:
                region = self._elsewhere.get(service)
                config = S3_CONFIG if service == "s3" else CONFIG
                self._clients[service] = self._session.client(
                    service_name=service, region_name=region, config=config
                )
            return self._clients[service]


def _passes(error: ClientError) -> bool:
    code = error.response["Error"].get("Code", "")
    is_theirs = error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500
    return is_theirs or any(name in code for name in (*THROTTLES, *EXPIRED))


def _unavailable(service: str, operation: str, error: Exception) -> UnavailableError:
    logger.warning("AWS does not answer", extra={"call": f"{service}.{operation}", "error": str(error)})
    return UnavailableError(f"{service} does not answer at the moment")
