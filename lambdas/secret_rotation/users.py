"""The two users of a database that take turns, and the role that owns what either of them makes.

The first user is the one that the database was made with; the second is called after it. Both belong to one
role, and act as it from their login on (`ALTER ROLE ... SET role`): what one makes, the other may change.
"""

import base64
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import pg8000.native  # type: ignore[import-untyped] # it has no annotations
from pg8000.native import identifier, literal
from scramp import ScramMechanism  # type: ignore[import-untyped] # it has no annotations

from lambdas.secret_rotation.errors import RotationError

SECOND = "_alternate"
OWNER = "_owner"
TIMEOUT = 10  # seconds, for a connection and for each statement
REFUSED_LOGIN = "28"  # class of SQLSTATE, see PostgreSQL's appendix "Error Codes"


@dataclass(frozen=True)
class Login:
    """A user of a database, with the password, which no representation shows."""

    host: str
    port: int
    database: str
    username: str
    password: str = field(repr=False)

    @classmethod
    def of(cls, value: dict[str, Any]) -> Self:
        """Take it from a secret in the shape of RDS."""
        return cls(value["host"], int(value["port"]), value["dbname"], value["username"], value["password"])


def alternate(username: str) -> str:
    """The user whose turn it is after `username`."""
    return username.removesuffix(SECOND) if username.endswith(SECOND) else username + SECOND


def is_accepted(login: Login) -> bool:
    """Tell whether the database lets the user in."""
    try:
        with _connection(login):
            return True
    except pg8000.native.DatabaseError as error:
        if _is_refusal(error):
            return False
        raise


def replace_password(pending: Login, current: Login, previous: Login | None) -> None:
    """Give the user of `pending` its password; the user of `current`, whom programs are, keeps its own.

    The second user is made by the first, and gets its passwords from it. The first one changes its own, by
    what it got in with before its last rotation.

    Raises:
        RotationError: the first user's password is not the one that `previous` says.
    """
    if pending.username.endswith(SECOND):
        with _connection(current) as connection:
            _share_ownership(connection, current.username, current.database)
            _make_user(connection, pending, current.username)
        return
    if previous is None or previous.username != pending.username or not is_accepted(previous):
        raise RotationError(
            f"Nobody knows the password of {pending.username} any more. Set it with `aws rds "
            "modify-db-instance --master-user-password` to the one in the version AWSPENDING of the secret."
        )
    with _connection(previous) as connection:
        connection.run(f"ALTER ROLE {identifier(pending.username)} PASSWORD {literal(_verifier(pending))}")


def _share_ownership(connection: pg8000.native.Connection, first: str, database: str) -> None:
    """Hand what the first user owns over to the role, and have the user act as it.

    Done each time: what was made by a session from before the first time is the user's own.
    """
    owner, user = identifier(first + OWNER), identifier(first)
    if not _exists(connection, first + OWNER):
        connection.run(f"CREATE ROLE {owner} NOLOGIN")
    connection.run(f"GRANT {owner} TO {user}")
    connection.run(f"REASSIGN OWNED BY {user} TO {owner}")
    _act_as(connection, first, first, database)


def _make_user(connection: pg8000.native.Connection, login: Login, first: str) -> None:
    """Give the second user its password, and make it if it does not exist."""
    user, password = identifier(login.username), literal(_verifier(login))
    verb = "ALTER" if _exists(connection, login.username) else "CREATE"
    connection.run(f"{verb} ROLE {user} LOGIN PASSWORD {password}")
    connection.run(f"GRANT {identifier(first + OWNER)} TO {user}")
    _act_as(connection, login.username, first, login.database)


def _act_as(connection: pg8000.native.Connection, username: str, first: str, database: str) -> None:
    """Have each session of the user in this database act as the owner from its login on."""
    where = f"{identifier(username)} IN DATABASE {identifier(database)}"
    connection.run(f"ALTER ROLE {where} SET role = {literal(first + OWNER)}")


def _exists(connection: pg8000.native.Connection, role: str) -> bool:
    return bool(connection.run("SELECT FROM pg_roles WHERE rolname = :role", role=role))


@contextmanager
def _connection(login: Login) -> Iterator[pg8000.native.Connection]:
    """A transaction of the user itself, not of the role that it acts as; it is committed at the end."""
    connection = pg8000.native.Connection(
        login.username,
        password=login.password,
        host=login.host,
        port=login.port,
        database=login.database,
        ssl_context=True if os.environ["DATABASE_SSLMODE"] != "prefer" else None,
        timeout=TIMEOUT,
        application_name=os.environ.get("AWS_LAMBDA_FUNCTION_NAME"),
    )
    try:
        connection.run("START TRANSACTION")
        connection.run("SET LOCAL ROLE NONE")
        yield connection
        connection.run("COMMIT")
    finally:
        connection.close()


def _verifier(login: Login) -> str:
    """What PostgreSQL stores in place of the password, which so never stands in a statement or a log.

    https://www.postgresql.org/docs/current/catalog-pg-authid.html
    """
    made = ScramMechanism("SCRAM-SHA-256").make_auth_info(login.password)
    salt, stored, server = (base64.b64encode(part).decode() for part in made[:3])
    return f"SCRAM-SHA-256${made[3]}:{salt}${stored}:{server}"


def _is_refusal(error: pg8000.native.DatabaseError) -> bool:
    return str(error.args[0].get("C", "")).startswith(REFUSED_LOGIN)
