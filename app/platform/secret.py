"""The database's user name and password, from Secrets Manager."""

import asyncio
import json
from dataclasses import dataclass, field

from app.platform.aws import Aws


@dataclass(frozen=True)
class Credentials:
    """What PostgreSQL asks for."""

    username: str
    password: str = field(repr=False)


class DatabaseSecret:
    """Reads the secret at its first use, and again when a server refuses it: it may have been rotated."""

    def __init__(self, aws: Aws, arn: str) -> None:
        self._aws = aws
        self._arn = arn
        self._known: Credentials | None = None
        self._reading = asyncio.Lock()

    async def read(self, refused: Credentials | None = None) -> Credentials:
        """Return the credentials; those that a server has just `refused` are never taken from memory.

        Raises:
            UnavailableError: Secrets Manager does not answer.
            botocore.exceptions.ClientError: the secret does not exist, or this role may not read it.
        """
        async with self._reading:  # many connections may be refused at once; the first of them reads
            if self._known is None or self._known == refused:
                answer = await self._aws.call("secretsmanager", "get_secret_value", SecretId=self._arn)
                secret = json.loads(answer["SecretString"])
                self._known = Credentials(secret["username"], secret["password"])
            return self._known
