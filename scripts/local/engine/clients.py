"""boto3 clients of one local AWS, made once each and shared by the threads of a deployment."""

import os
import threading
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

# Nothing of the user's own AWS configuration may reach the local AWS, or break it.
VARIABLES = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}

# A loopback server that fails once fails again: no retries, and errors come at once.
CONFIG = Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}, max_pool_connections=20)


class Clients:
    """Clients by service and region of the AWS at `endpoint`."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._session = boto3.Session(
            botocore_session=botocore.session.Session(session_vars=VARIABLES),
            aws_access_key_id="local",
            aws_secret_access_key="local",  # noqa: S106 - moto takes any
        )
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()  # boto3's sessions are not safe to share, its clients are

    def client(self, service: str, region: str) -> Any:
        """Return the client of a service, such as `ec2`, in a region."""
        with self._lock:
            if (service, region) not in self._clients:
                self._clients[service, region] = self._session.client(
                    service,  # type: ignore[call-overload]
                    region_name=region,
                    endpoint_url=self.endpoint,
                    config=CONFIG,
                )
            return self._clients[service, region]
