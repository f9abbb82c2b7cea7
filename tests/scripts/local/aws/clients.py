"""boto3 clients of a local AWS, for tests."""

from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config

from scripts.local import REGION


def clients_of(endpoint: str, region: str = REGION) -> Callable[[str], Any]:
    """Return a function that gives the client of a service by its name."""

    def client(service: str) -> Any:
        return boto3.client(  # type: ignore[call-overload]
            service,
            endpoint_url=endpoint,
            region_name=region,
            aws_access_key_id="local",
            aws_secret_access_key="local",  # noqa: S106 - moto takes any
            config=Config(retries={"max_attempts": 0}),
        )

    return client
