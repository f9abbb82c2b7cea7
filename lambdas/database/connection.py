"""One connection that lives as long as the function's execution environment."""

import json
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

import boto3
import pg8000.native  # type: ignore[import-untyped] # it has no annotations
from botocore.config import Config

logger = logging.getLogger(__name__)

# Seconds. The socket waits longer than a statement may take, so that the server's own error arrives.
STATEMENT_TIMEOUT = 4
SOCKET_TIMEOUT = 5
SECRETS_CLIENT = Config(
    connect_timeout=2, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 3}
)

# Classes of SQLSTATE (PostgreSQL documentation, appendix "Error Codes").
REFUSED_LOGIN = "28"
# Connection exceptions, shutdown or crash of the server, and a write on what became a standby in a failover.
LOST_CONNECTION = ("08", "57P", "25006")


@dataclass(frozen=True)
class Credentials:
    """A database user and its password, which no representation shows."""

    username: str
    password: str = field(repr=False)


class Run(Protocol):
    """Runs a statement and returns its rows; values are given by name, as `:name` in the statement."""

    def __call__(self, statement: str, **parameters: object) -> list[list[Any]]: ...


class LostTransactionError(Exception):
    """A statement came after its transaction's connection was lost: nothing of the transaction stays."""


class Database:
    """Runs statements on one connection: opened when needed, kept between invocations, replaced when lost.

    The credentials are read for the first connection, and again when the server refuses them: the password
    may have been rotated since.
    """

    def __init__(  # noqa: PLR0913 - each says how the server is reached
        self,
        *,
        host: str,
        port: int,
        name: str,
        encrypted: bool,
        read_credentials: Callable[[], Credentials],
        via_proxy: bool = False,
    ) -> None:
        """Say where the server is, without opening anything.

        `encrypted` refuses a server without TLS. `via_proxy`: RDS Proxy stands before it, which refuses
        parameters at the start of a connection, and sets the limits itself.
        """
        self._host = host
        self._port = port
        self._name = name
        self._encrypted = encrypted
        self._startup = {} if via_proxy else {"statement_timeout": f"{STATEMENT_TIMEOUT}s"}
        self._read_credentials = read_credentials
        self._credentials: Credentials | None = None
        self._connection: pg8000.native.Connection | None = None

    @classmethod
    def from_environment(cls) -> Self:
        """Take the writer that the function's environment names; raise KeyError if a variable is missing."""
        return cls.at(os.environ["DATABASE_WRITER"], os.environ["DATABASE_SECRET_ARN"])

    @classmethod
    def at(cls, writer: str, arn: str) -> Self:
        """Take the server at `host:port`, the secret with its login, and the rest from the environment."""
        host, _, port = writer.rpartition(":")
        secrets = boto3.client("secretsmanager", config=SECRETS_CLIENT)
        return cls(
            host=host,
            port=int(port),
            name=os.environ["DATABASE_NAME"],
            encrypted=os.environ["DATABASE_SSLMODE"] != "prefer",
            via_proxy=os.environ.get("DATABASE_VIA_PROXY") == "true",
            read_credentials=lambda: _parse_secret(secrets.get_secret_value(SecretId=arn)["SecretString"]),
        )

    def run(self, statement: str, **parameters: object) -> list[list[Any]]:
        """Run one statement, in a transaction of its own, and return its rows.

        A connection that was kept since an earlier invocation may have died meanwhile. The statement then
        runs once more on a new one. It may have been committed before: it must be one that can be repeated.

        Raises:
            pg8000.native.Error, OSError: the server cannot be reached, or refuses the statement.
        """
        was_kept = self._connection is not None
        try:
            return self._run(statement, parameters)
        except (pg8000.native.Error, OSError) as error:
            if not (was_kept and self._connection is None):
                raise
            logger.warning("the database connection was lost and is opened again: %s", error)
        return self._run(statement, parameters)

    @contextmanager
    def transaction(self) -> Iterator[Run]:
        """Run statements as one transaction: committed when the block ends, and not at all if it raises.

        Raises:
            LostTransactionError: the block went on after its connection was lost.
            pg8000.native.Error, OSError: as of `run`. If the commit failed, it may have been done.
        """
        self.run("BEGIN")  # a connection that died since an earlier invocation is replaced here
        begun = self._connection

        def run(statement: str, **parameters: object) -> list[list[Any]]:
            if self._connection is not begun:
                raise LostTransactionError(statement)
            return self._run(statement, parameters)

        try:
            yield run
            run("COMMIT")
        except BaseException:
            if self._connection is begun:
                with suppress(pg8000.native.Error, OSError):
                    self._run("ROLLBACK", {})
            raise

    def close(self) -> None:
        """Close the connection; the next statement opens another one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _run(self, statement: str, parameters: dict[str, object]) -> list[list[Any]]:
        connection = self._connection or self._open()
        self._connection = connection
        try:
            return connection.run(statement, **parameters) or []
        except Exception as error:
            if _is_lost(error):
                self._connection = None
                with suppress(pg8000.native.Error, OSError):  # it tries to say goodbye
                    connection.close()
            raise

    def _open(self) -> pg8000.native.Connection:
        self._credentials = self._credentials or self._read_credentials()
        try:
            return self._connect(self._credentials)
        except pg8000.native.DatabaseError as error:
            if not _sqlstate(error).startswith(REFUSED_LOGIN):
                raise
            logger.warning("the database refused the login: the secret is read again")
            self._credentials = self._read_credentials()
            return self._connect(self._credentials)

    def _connect(self, credentials: Credentials) -> pg8000.native.Connection:
        return pg8000.native.Connection(
            credentials.username,
            password=credentials.password,
            host=self._host,
            port=self._port,
            database=self._name,
            ssl_context=True if self._encrypted else None,  # None: TLS where the server has it
            timeout=SOCKET_TIMEOUT,
            application_name=os.environ.get("AWS_LAMBDA_FUNCTION_NAME"),
            startup_params=self._startup,
        )


def _parse_secret(text: str) -> Credentials:
    """Take the credentials from a secret in the shape of RDS: JSON with `username`, `password` and more."""
    document = json.loads(text)
    return Credentials(document["username"], document["password"])


def _is_lost(error: Exception) -> bool:
    if isinstance(error, pg8000.native.DatabaseError):
        return _sqlstate(error).startswith(LOST_CONNECTION)
    return True  # the network's, or the driver's: what the server would say next is anyone's guess


def _sqlstate(error: pg8000.native.DatabaseError) -> str:
    """Return the error's code; pg8000 passes on the fields of the server's message by their letters."""
    return str(error.args[0].get("C", ""))
