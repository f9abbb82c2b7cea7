"""Rotates the user and password in a database's secret, as Secrets Manager asks for it step by step.

Two users take turns (see `users`): the one in use keeps its password until the next rotation, so that a
program that read the secret a moment ago still gets in. Each step can be repeated: Secrets Manager does so
after an error.

Variables: `DATABASE_SSLMODE` is `require` or `prefer`; `LOG_LEVEL`.
"""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.secret_rotation.errors import RotationError
from lambdas.secret_rotation.secret import Secret
from lambdas.secret_rotation.users import Login, alternate, is_accepted, replace_password

logger = Logger(service="secret-rotation")


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: LambdaContext) -> None:
    """Do one step; an error ends the rotation, which Secrets Manager then starts again.

    Raises:
        RotationError: the secret is not being rotated to this version, or the users cannot change over.
    """
    secret, step = Secret(event["SecretId"], event["ClientRequestToken"]), event["Step"]
    if secret.is_rotated():
        logger.info("already rotated", step=step)
        return
    {"createSecret": create, "setSecret": change, "testSecret": test, "finishSecret": finish}[step](secret)
    logger.info("step done", step=step, secret=secret.arn)


def create(secret: Secret) -> None:
    """Keep a new password, for the other user, as the version to come; one that is there already stays."""
    if secret.pending() is None:
        current = secret.current()
        secret.keep(current | {"username": alternate(current["username"]), "password": secret.draw()})


def change(secret: Secret) -> None:
    """Give the other user its new password in the database, unless it has it already."""
    pending = Login.of(secret.expected())
    if not is_accepted(pending):
        previous = secret.previous()
        replace_password(pending, Login.of(secret.current()), Login.of(previous) if previous else None)


def test(secret: Secret) -> None:
    """Log in with the version to come."""
    pending = Login.of(secret.expected())
    if not is_accepted(pending):
        raise RotationError(f"The database refuses the new password of {pending.username}.")


def finish(secret: Secret) -> None:
    """Make the version to come the one that everybody reads."""
    secret.promote()
