"""One connection serves many invocations, and what happens to it meanwhile does not reach the function."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pg8000.native  # type: ignore[import-untyped] # it has no annotations
import pytest

from lambdas.database import Credentials, Database, connection
from lambdas.database.connection import LostTransactionError
from scripts.local.runtime.servers import postgres

PID = "SELECT pg_backend_pid()"


@pytest.fixture
def database(variables: dict[str, str]) -> Iterator[Database]:
    database = Database.from_environment()
    yield database
    database.close()


def test_the_connection_is_kept(database: Database) -> None:
    assert database.run(PID) == database.run(PID)


def test_a_connection_that_the_server_ended_is_replaced(database: Database, rows: Callable[..., Any]) -> None:
    [[before]] = database.run(PID)
    rows("SELECT pg_terminate_backend(:pid, 5000)", pid=before)
    [[after]] = database.run(PID)
    assert after != before


def test_a_connection_to_what_became_a_standby_is_replaced(
    database: Database, rows: Callable[..., Any]
) -> None:
    database.run("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
    database.run("INSERT INTO courier_latest VALUES ('c-1', now(), 0, 0)")
    assert rows("SELECT courier_id FROM courier_latest") == [["c-1"]]


def test_an_error_of_the_statement_is_raised_once_and_the_connection_kept(database: Database) -> None:
    [[before]] = database.run(PID)
    with pytest.raises(pg8000.native.DatabaseError, match="division by zero"):
        database.run("SELECT 1 / 0")
    assert database.run(PID) == [[before]]


def test_a_statement_without_rows_returns_none(database: Database, rows: Callable[..., Any]) -> None:
    assert database.run("DELETE FROM courier_latest") == []


def test_a_transaction_is_committed_as_a_whole(database: Database, rows: Callable[..., Any]) -> None:
    with database.transaction() as run:
        run("INSERT INTO courier_latest VALUES ('c-1', now(), 0, 0)")
        assert rows("SELECT FROM courier_latest") == []
        run("INSERT INTO courier_latest VALUES ('c-2', now(), 0, 0)")
    assert len(rows("SELECT courier_id FROM courier_latest")) == 2


@pytest.mark.parametrize("statement", ["SELECT 1", "SELECT 1 / 0"])
def test_of_a_transaction_that_fails_nothing_stays_and_the_connection_is_of_use(
    database: Database, rows: Callable[..., Any], statement: str
) -> None:
    def fail() -> None:
        with database.transaction() as run:
            run("INSERT INTO courier_latest VALUES ('c-1', now(), 0, 0)")
            run(statement)
            raise KeyError

    [[before]] = database.run(PID)
    with pytest.raises((pg8000.native.DatabaseError, KeyError)):
        fail()
    assert rows("SELECT courier_id FROM courier_latest") == []
    assert database.run(PID) == [[before]]


def test_a_transaction_begins_on_a_new_connection_where_the_kept_one_died(
    database: Database, rows: Callable[..., Any]
) -> None:
    [[before]] = database.run(PID)
    rows("SELECT pg_terminate_backend(:pid, 5000)", pid=before)
    with database.transaction() as run:
        assert run(PID) != [[before]]


def test_a_transaction_whose_connection_is_lost_does_not_go_on_without_it(
    database: Database, rows: Callable[..., Any]
) -> None:
    def go_on() -> None:
        with database.transaction() as run:
            run("INSERT INTO courier_latest VALUES ('c-1', now(), 0, 0)")
            rows("SELECT pg_terminate_backend(:pid, 5000)", pid=run(PID)[0][0])
            with pytest.raises(pg8000.native.Error):
                run("SELECT 1")
            run("INSERT INTO courier_latest VALUES ('c-2', now(), 0, 0)")

    with pytest.raises(LostTransactionError):
        go_on()
    assert rows("SELECT courier_id FROM courier_latest") == []
    assert database.run("SELECT 1") == [[1]]


def test_a_rotated_password_is_read_again(
    database: Database, rows: Callable[..., Any], rotate_password: Callable[[str], None]
) -> None:
    [[pid]] = database.run(PID)
    rotate_password("rotated")
    rows("SELECT pg_terminate_backend(:pid, 5000)", pid=pid)
    assert database.run(PID) != [[pid]]


@pytest.fixture
def rotate_password(
    rows: Callable[..., Any],
    client: Callable[[str], Any],
    variables: dict[str, str],
    server: postgres.Running,
) -> Iterator[Callable[[str], None]]:
    """Gives the database's user another password, in the secret and in the server, for this test."""

    def rotate(password: str) -> None:
        secret = json.dumps({"username": server.master.username, "password": password})
        client("secretsmanager").put_secret_value(
            SecretId=variables["DATABASE_SECRET_ARN"], SecretString=secret
        )
        rows(f"ALTER ROLE {server.master.username} PASSWORD '{password}'")

    yield rotate
    rotate(server.master.password)


def test_credentials_that_stay_wrong_are_an_error(server: postgres.Running) -> None:
    read: list[str] = []

    def wrong() -> Credentials:
        read.append("secret")
        return Credentials(server.master.username, "wrong")

    database = Database(
        host=server.host, port=server.port, name=server.database, encrypted=False, read_credentials=wrong
    )
    with pytest.raises(pg8000.native.DatabaseError, match="password authentication failed"):
        database.run(PID)
    assert len(read) == 2


def test_a_server_without_encryption_is_refused_where_it_is_required(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_SSLMODE", "require")
    with pytest.raises(pg8000.native.InterfaceError, match="refuses SSL"):
        Database.from_environment().run(PID)


def test_an_unreachable_server_is_an_error(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_WRITER", "127.0.0.1:9")
    with pytest.raises(pg8000.native.InterfaceError, match=r"127\.0\.0\.1 and port 9"):
        Database.from_environment().run(PID)


def test_a_statement_that_takes_too_long_is_ended_by_the_server(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "STATEMENT_TIMEOUT", 0.2)
    with pytest.raises(pg8000.native.DatabaseError, match="statement timeout"):
        database.run("SELECT pg_sleep(60)")


def test_a_server_that_falls_silent_is_given_up(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "SOCKET_TIMEOUT", 0.2)
    with pytest.raises((pg8000.native.InterfaceError, TimeoutError)):
        database.run("SELECT pg_sleep(3)")


def test_no_representation_shows_the_password() -> None:
    assert "hidden" not in repr(Credentials("shop", "hidden"))


def test_a_proxy_is_asked_for_no_limits(cloud: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """RDS Proxy refuses parameters at the start of a connection; it sets them itself."""
    for name, value in cloud.items():
        monkeypatch.setenv(name, value)
    shown = {}
    for via_proxy in ("", "true"):
        monkeypatch.setenv("DATABASE_VIA_PROXY", via_proxy)
        database = Database.from_environment()
        shown[via_proxy] = database.run("SHOW statement_timeout")
        assert database._connection is not None
        database._connection.close()

    assert shown == {"": [["4s"]], "true": [["0"]]}
