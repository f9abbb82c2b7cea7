"""The way to AWS: that of the environment, or the local stack."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError

from scripts.errors import UserError
from scripts.local import environment
from scripts.local.daemons import running_aws

CHOSEN_BY = ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_ROLE_ARN")
CLIENT = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 4})


@dataclass(frozen=True)
class Reach:
    """Clients of one AWS; `place` says which, for people."""

    session: Any
    endpoint: str | None
    place: str
    is_local: bool = False
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """Return the client of a service, as boto3 calls it."""
        if service not in self._clients:
            self._clients[service] = self.session.client(service, endpoint_url=self.endpoint, config=CLIENT)
        return self._clients[service]


@contextmanager
def reached(state: Path, refusal: Callable[[str], UserError]) -> Iterator[Reach]:
    """Find AWS: the environment's, where it names one, else the local stack in `state`, else the default.

    What AWS refuses inside the block becomes an error that `refusal` makes of its text.

    Raises:
        UserError: there is no stack and are no credentials, or AWS refused something.
    """
    local = None if any(os.environ.get(name) for name in CHOSEN_BY) else running_aws(state)
    try:
        yield _local(local) if local else _by_environment()
    except (NoCredentialsError, NoRegionError) as error:
        raise refusal(
            "no local stack runs, and AWS credentials or a region are missing. Start a stack with: make up. "
            "For one on AWS, set AWS_PROFILE and AWS_REGION, or what else leads to your credentials."
        ) from error
    except (BotoCoreError, ClientError) as error:
        raise refusal(f"AWS refused: {error}. Check your region, and what you may do.") from error


def _local(endpoint: str) -> Reach:
    variables = environment(endpoint)
    session = boto3.session.Session(
        variables["AWS_ACCESS_KEY_ID"],
        variables["AWS_SECRET_ACCESS_KEY"],
        region_name=variables["AWS_REGION"],
    )
    return Reach(session, endpoint, "the local stack", is_local=True)


def _by_environment() -> Reach:
    session = boto3.session.Session()
    return Reach(session, None, f"AWS in {session.region_name}")
