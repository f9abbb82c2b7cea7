"""The secret in Secrets Manager, and the version of it that a rotation leads to.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
"""

import json
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from lambdas.secret_rotation.errors import RotationError

CLIENT = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})

CURRENT, PENDING, PREVIOUS = "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"

PASSWORD_LENGTH = 32
FORBIDDEN = "/@\"'\\ "
"""RDS forbids / @ " and space in a master password; the others invite mistakes in shells."""

Value = dict[str, Any]
"""JSON in the shape of RDS: `username`, `password`, `host`, `port`, `dbname` and more."""


@cache
def client() -> Any:
    """The client, which an execution environment makes once."""
    return boto3.client("secretsmanager", config=CLIENT)


class Secret:
    """A secret that is being rotated to the version `token`."""

    def __init__(self, arn: str, token: str) -> None:
        self.arn = arn
        self._token = token

    def is_rotated(self) -> bool:
        """Tell whether the version to come is the current one by now.

        Raises:
            RotationError: the version is not on its way to become it.
        """
        stages = self._stages().get(self._token, [])
        if CURRENT in stages:
            return True
        if PENDING not in stages:
            raise RotationError(
                f"{self.arn} is not being rotated to version {self._token}: start with RotateSecret."
            )
        return False

    def current(self) -> Value:
        """The value that everybody reads."""
        return self._read(VersionStage=CURRENT)

    def previous(self) -> Value | None:
        """The value before, if there was one."""
        has_one = any(PREVIOUS in stages for stages in self._stages().values())
        return self._read(VersionStage=PREVIOUS) if has_one else None

    def pending(self) -> Value | None:
        """The value to come, if it was kept."""
        try:
            return self._read(VersionId=self._token, VersionStage=PENDING)
        except client().exceptions.ResourceNotFoundException:
            return None

    def expected(self) -> Value:
        """The value to come.

        Raises:
            RotationError: `createSecret` has not kept it.
        """
        value = self.pending()
        if value is None:
            raise RotationError(
                f"{self.arn} has no value for version {self._token}: createSecret comes first."
            )
        return value

    def keep(self, value: Value) -> None:
        """Make `value` the one to come."""
        client().put_secret_value(
            SecretId=self.arn,
            ClientRequestToken=self._token,
            SecretString=json.dumps(value),
            VersionStages=[PENDING],
        )

    def draw(self) -> str:
        """A new password."""
        drawn: str = client().get_random_password(
            PasswordLength=PASSWORD_LENGTH, ExcludeCharacters=FORBIDDEN
        )["RandomPassword"]
        return drawn

    def promote(self) -> None:
        """Make the version to come the current one; the current one becomes the previous one."""
        (current,) = (version for version, stages in self._stages().items() if CURRENT in stages)
        client().update_secret_version_stage(
            SecretId=self.arn,
            VersionStage=CURRENT,
            MoveToVersionId=self._token,
            RemoveFromVersionId=current,
        )

    def _stages(self) -> dict[str, list[str]]:
        """The labels of each version."""
        stages: dict[str, list[str]] = client().describe_secret(SecretId=self.arn)["VersionIdsToStages"]
        return stages

    def _read(self, **version: str) -> Value:
        answer = client().get_secret_value(SecretId=self.arn, **version)
        value: Value = json.loads(answer["SecretString"])
        return value
