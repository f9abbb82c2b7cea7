"""User names and passwords, from Secrets Manager."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import ClassVar

from botocore.exceptions import BotoCoreError, ClientError

from app.platform.aws import Aws
from app.platform.settings import SettingsError


@dataclass(frozen=True)
class Credentials:
    """What a server asks for."""

    username: str
    password: str = field(repr=False)


class LoginSecret:
    """Reads the secret at its first use, and again when a server refuses it: it may have been rotated.

    `variable` is where its ARN comes from.
    """

    variable: ClassVar[str]

    def __init__(self, aws: Aws, arn: str) -> None:
        self._aws = aws
        self._arn = arn
        self._known: Credentials | None = None
        self._reading = asyncio.Lock()

    async def read(self, refused: Credentials | None = None) -> Credentials:
        """Return the credentials; those that a server has just `refused` are never taken from memory.

        Raises:
            UnavailableError: Secrets Manager does not answer.
            SettingsError: there is no such secret, this role may not read it, or it is of another kind.
        """
        async with self._reading:  # many connections may be refused at once; the first of them reads
            if self._known is None or self._known == refused:
                self._known = await self._fetch()
            return self._known

    async def _fetch(self) -> Credentials:
        try:
            answer = await self._aws.call("secretsmanager", "get_secret_value", SecretId=self._arn)
            secret = json.loads(answer["SecretString"])
            return Credentials(secret["username"], secret["password"])
        except (ClientError, BotoCoreError) as error:
            raise SettingsError(
                f"The secret {self._arn} of {self.variable} cannot be read: {error}. "
                "Mend the ARN, or what this role may do."
            ) from error
        except (KeyError, TypeError, ValueError) as error:
            raise SettingsError(
                f"The secret {self._arn} of {self.variable} must be JSON with username and password."
            ) from error


class DatabaseSecret(LoginSecret):
    """The database's user."""

    variable = "DATABASE_SECRET_ARN"


class CacheSecret(LoginSecret):
    """The cache's user."""

    variable = "CACHE_SECRET_ARN"
