"""`secret_rotation` against a real PostgreSQL and the local Secrets Manager."""

import importlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any
from uuid import uuid4

import pg8000.native  # type: ignore[import-untyped] # it has no annotations
import pytest

from lambdas.secret_rotation.errors import RotationError
from lambdas.secret_rotation.secret import client
from scripts.local.runtime.servers import postgres
from tests.lambdas.conftest import Context, aws_client

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:secret-rotation"
FIRST_PASSWORD = "the-first"  # noqa: S105 - of this test's own user

Value = dict[str, Any]


@contextmanager
def connected(server: postgres.Running, value: Value) -> Iterator[pg8000.native.Connection]:
    connection = pg8000.native.Connection(
        value["username"],
        host=server.host,
        port=server.port,
        database=value.get("dbname", server.database),
        password=value["password"],
    )
    try:
        yield connection
    finally:
        connection.close()


class Rotated:
    """A database of its own, whose user is in a secret that is rotated."""

    def __init__(self, server: postgres.Running, secrets: Any, name: str) -> None:
        self.server = server
        self.secrets = secrets
        self.first = name
        self.handler = load()
        value = {
            "engine": "postgres",
            "host": server.host,
            "port": server.port,
            "username": name,
            "password": FIRST_PASSWORD,
            "dbname": name,
            "dbInstanceIdentifier": name,
        }
        self.arn = secrets.create_secret(Name=name, SecretString=json.dumps(value))["ARN"]

    def start(self) -> str:
        """Ask for a rotation, which the local AWS leaves to us; the version that it leads to."""
        self.secrets.rotate_secret(
            SecretId=self.arn, RotationLambdaARN=FUNCTION, RotationRules={"AutomaticallyAfterDays": 30}
        )
        stages = self.secrets.describe_secret(SecretId=self.arn)["VersionIdsToStages"]
        (token,) = (version for version, labels in stages.items() if "AWSPENDING" in labels)
        return str(token)

    def step(self, name: str, token: str) -> None:
        event = {"Step": name, "SecretId": self.arn, "ClientRequestToken": token}
        self.handler.handler(event, Context())

    def rotate(self) -> Value:
        """Rotate once; the new value."""
        token = self.start()
        for step in STEPS:
            self.step(step, token)
        return self.value()

    def value(self, stage: str = "AWSCURRENT") -> Value:
        answer = self.secrets.get_secret_value(SecretId=self.arn, VersionStage=stage)
        value: Value = json.loads(answer["SecretString"])
        return value

    def run(self, value: Value, statement: str) -> list[list[Any]]:
        with connected(self.server, value) as connection:
            return connection.run(statement) or []


def load() -> ModuleType:
    return importlib.import_module("lambdas.secret_rotation.handler")


@pytest.fixture
def administrator(server: postgres.Running) -> Iterator[Callable[[str], Any]]:
    login = server.administrator
    with connected(server, {"username": login.username, "password": login.password}) as connection:
        yield connection.run


@pytest.fixture
def rotated(
    server: postgres.Running,
    administrator: Callable[[str], Any],
    aws_variables: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Rotated]:
    """A database with one table and one row, made by its first user."""
    for name, value in {**aws_variables, "DATABASE_SSLMODE": "prefer"}.items():
        monkeypatch.setenv(name, value)
    client.cache_clear()
    name = f"kept_{uuid4().hex[:8]}"
    administrator(f"CREATE ROLE {name} LOGIN CREATEROLE CREATEDB PASSWORD '{FIRST_PASSWORD}'")
    administrator(f"CREATE DATABASE {name} OWNER {name}")
    it = Rotated(server, aws_client(aws_variables)("secretsmanager"), name)
    it.run(it.value(), "CREATE TABLE orders (id int)")
    it.run(it.value(), "INSERT INTO orders VALUES (1)")
    yield it
    it.secrets.delete_secret(SecretId=it.arn, ForceDeleteWithoutRecovery=True)
    administrator(f"DROP DATABASE {name} WITH (FORCE)")
    for role in (f"{name}_alternate", name, f"{name}_owner"):
        administrator(f"DROP ROLE IF EXISTS {role}")
    client.cache_clear()


def test_two_users_take_turns_and_whoever_read_the_secret_before_still_gets_in(rotated: Rotated) -> None:
    before, users = rotated.value(), []
    for _ in range(4):
        after = rotated.rotate()
        users.append(after["username"])
        assert rotated.run(after, "SELECT id FROM orders") == [[1]]
        assert rotated.run(before, "SELECT id FROM orders") == [[1]], "a moment ago it was current"
        assert after["password"] not in {before["password"], FIRST_PASSWORD}
        before = after

    assert users == [f"{rotated.first}_alternate", rotated.first] * 2


def test_the_password_of_two_rotations_ago_is_refused(rotated: Rotated) -> None:
    first = rotated.value()
    rotated.rotate()
    rotated.rotate()

    with pytest.raises(pg8000.native.DatabaseError, match="28P01"):
        rotated.run(first, "SELECT 1")


def test_the_rest_of_the_secret_stays_as_it_was(rotated: Rotated) -> None:
    before, after = rotated.value(), rotated.rotate()

    changed = {key for key in before if before[key] != after[key]}
    assert changed == {"username", "password"}
    assert before.keys() == after.keys()


def test_what_one_user_made_the_other_may_change_and_drop(rotated: Rotated) -> None:
    first = rotated.value()
    second = rotated.rotate()

    rotated.run(second, "ALTER TABLE orders ADD COLUMN total int")
    rotated.run(second, "CREATE TABLE lines (id int)")
    third = rotated.rotate()
    rotated.run(third, "ALTER TABLE lines ADD COLUMN name text")
    rotated.run(third, "DROP TABLE orders")

    assert third["username"] == first["username"]
    assert rotated.run(third, "SELECT tableowner FROM pg_tables WHERE tablename = 'lines'") == [
        [f"{rotated.first}_owner"]
    ]


def test_what_an_old_session_made_as_the_user_itself_is_handed_over_later(rotated: Rotated) -> None:
    with connected(rotated.server, rotated.value()) as old_session:
        rotated.rotate()
        old_session.run("CREATE TABLE late (id int)")
    rotated.rotate()
    second = rotated.rotate()

    rotated.run(second, "ALTER TABLE late ADD COLUMN name text")


def test_every_step_can_be_repeated(rotated: Rotated) -> None:
    for _ in range(2):
        token = rotated.start()
        for step in STEPS:
            rotated.step(step, token)
            kept = rotated.value("AWSPENDING" if step != "finishSecret" else "AWSCURRENT")
            rotated.step(step, token)
            assert rotated.value("AWSPENDING" if step != "finishSecret" else "AWSCURRENT") == kept
        assert rotated.run(rotated.value(), "SELECT id FROM orders") == [[1]]


def test_a_rotation_that_was_cut_off_goes_on_where_it_stopped(rotated: Rotated) -> None:
    token = rotated.start()
    rotated.step("createSecret", token)
    rotated.step("setSecret", token)

    assert rotated.rotate()["password"] != FIRST_PASSWORD  # Secrets Manager asks again, for the same version
    assert rotated.run(rotated.value(), "SELECT id FROM orders") == [[1]]
    stages = rotated.secrets.describe_secret(SecretId=rotated.arn)["VersionIdsToStages"]
    assert "AWSCURRENT" in stages[token]


def test_after_the_last_step_nothing_happens_any_more(rotated: Rotated) -> None:
    token = rotated.start()
    for step in STEPS:
        rotated.step(step, token)
    value = rotated.value()

    for step in STEPS:
        rotated.step(step, token)

    assert rotated.value() == value


def test_the_database_keeps_verifiers_and_is_told_no_password(
    rotated: Rotated, administrator: Callable[[str], Any]
) -> None:
    rotated.rotate()

    stored = dict(administrator("SELECT rolname, rolpassword FROM pg_authid"))
    assert stored[f"{rotated.first}_alternate"].startswith("SCRAM-SHA-256$4096:")


def test_a_version_that_nobody_asked_for_is_refused(rotated: Rotated) -> None:
    with pytest.raises(RotationError, match="is not being rotated to version nobody"):
        rotated.step("createSecret", "nobody")


def test_a_step_without_the_one_before_is_refused(rotated: Rotated) -> None:
    token = rotated.start()
    with pytest.raises(RotationError, match="createSecret comes first"):
        rotated.step("setSecret", token)
    rotated.step("createSecret", token)
    with pytest.raises(RotationError, match=f"refuses the new password of {rotated.first}_alternate"):
        rotated.step("testSecret", token)


def test_a_first_user_whose_password_nobody_knows_ends_the_rotation_with_a_remedy(
    rotated: Rotated, administrator: Callable[[str], Any]
) -> None:
    rotated.rotate()
    administrator(f"ALTER ROLE {rotated.first} PASSWORD 'by-hand'")
    token = rotated.start()
    rotated.step("createSecret", token)

    with pytest.raises(RotationError, match="modify-db-instance --master-user-password"):
        rotated.step("setSecret", token)

    administrator(f"ALTER ROLE {rotated.first} PASSWORD '{rotated.value('AWSPENDING')['password']}'")
    for step in STEPS[1:]:
        rotated.step(step, token)
    assert rotated.value()["username"] == rotated.first


def test_a_database_that_is_down_is_no_refusal(rotated: Rotated) -> None:
    token = rotated.start()
    rotated.step("createSecret", token)
    value = rotated.value("AWSPENDING") | {"port": 1}
    rotated.secrets.put_secret_value(
        SecretId=rotated.arn,
        ClientRequestToken=token,
        SecretString=json.dumps(value),
        VersionStages=["AWSPENDING"],
    )

    with pytest.raises(pg8000.native.InterfaceError):
        rotated.step("testSecret", token)
