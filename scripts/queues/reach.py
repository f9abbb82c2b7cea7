"""The way to the queues: those of the environment's AWS, or of the local stack."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError

from scripts.local import environment
from scripts.local.daemons import running_aws
from scripts.queues.errors import QueuesError

CHOSEN_BY = ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_ROLE_ARN")
CLIENT = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 4})


@dataclass(frozen=True)
class Reach:
    """Clients of one AWS; `place` says which, for people."""

    session: Any
    endpoint: str | None
    place: str

    @cached_property
    def sqs(self) -> Any:
        """SQS."""
        return self._client("sqs")

    @cached_property
    def cloudwatch(self) -> Any:
        """CloudWatch, which knows how old messages are."""
        return self._client("cloudwatch")

    @cached_property
    def kinesis(self) -> Any:
        """Kinesis."""
        return self._client("kinesis")

    def _client(self, service: str) -> Any:
        return self.session.client(service, endpoint_url=self.endpoint, config=CLIENT)


@contextmanager
def reached(state: Path) -> Iterator[Reach]:
    """Find AWS: the environment's, where it names one, else the local stack in `state`, else the default.

    What AWS refuses inside the block becomes a QueuesError.

    Raises:
        QueuesError: there is no stack and are no credentials, or AWS refused something.
    """
    local = None if any(os.environ.get(name) for name in CHOSEN_BY) else running_aws(state)
    try:
        yield _local(local) if local else _by_environment()
    except (NoCredentialsError, NoRegionError) as error:
        raise QueuesError(
            "no local stack runs, and AWS credentials or a region are missing. Start a stack with: make up. "
            "For one on AWS, set AWS_PROFILE and AWS_REGION, or what else leads to your credentials."
        ) from error
    except (BotoCoreError, ClientError) as error:
        raise QueuesError(f"AWS refused: {error}. Check your region, and what you may do.") from error


def _local(endpoint: str) -> Reach:
    variables = environment(endpoint)
    session = boto3.session.Session(
        variables["AWS_ACCESS_KEY_ID"],
        variables["AWS_SECRET_ACCESS_KEY"],
        region_name=variables["AWS_REGION"],
    )
    return Reach(session, endpoint, "the local stack")


def _by_environment() -> Reach:
    session = boto3.session.Session()
    return Reach(session, None, f"AWS in {session.region_name}")
