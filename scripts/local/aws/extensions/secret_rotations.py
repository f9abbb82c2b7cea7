"""Secrets Manager: RotateSecret keeps the schedule and stages a version, and calls no function itself.

Needed for moto 5.2.5, which invokes the function in Docker within the call, ignores what it answers, and then
makes the new version current although nobody gave it a value: the secret is lost.
"""

import time
from typing import Any
from uuid import uuid4

from moto.secretsmanager.exceptions import SecretNotFoundException
from moto.secretsmanager.models import FakeSecret, SecretsManagerBackend

DAY = 86_400  # seconds

_rotate = SecretsManagerBackend.rotate_secret
_describe = FakeSecret.to_dict


def install() -> None:
    """Replace the operation, and have the schedule described as it was given."""
    SecretsManagerBackend.rotate_secret = _rotate_later  # type: ignore[method-assign,assignment]
    FakeSecret.to_dict = _describe_with_rules  # type: ignore[method-assign]


def _rotate_later(
    self: SecretsManagerBackend,
    secret_id: str,
    *,
    rotation_lambda_arn: str | None,
    rotation_rules: dict[str, Any] | None,
    rotate_immediately: bool,
    **more: Any,
) -> str:
    if not self._is_valid_identifier(secret_id):
        raise SecretNotFoundException
    secret: Any = self.secrets[secret_id]
    if not (rotation_lambda_arn or secret.rotation_lambda_arn):
        given = {"rotation_rules": rotation_rules, "rotate_immediately": rotate_immediately, **more}
        return _rotate(self, secret_id, **given)
    secret.rotation_requested = secret.rotation_enabled = True
    secret.rotation_lambda_arn = rotation_lambda_arn or secret.rotation_lambda_arn
    if rotation_rules:
        secret.rotation_rules = rotation_rules
        secret.auto_rotate_after_days = rotation_rules.get("AutomaticallyAfterDays", 0)
        secret.next_rotation_date = int(time.time()) + secret.auto_rotate_after_days * DAY
    if rotate_immediately and not _is_under_way(secret):
        secret.remove_version_stages_from_old_versions(["AWSPENDING"])
        token = more.get("client_request_token") or str(uuid4())
        version = {"version_id": token, "version_stages": ["AWSPENDING"], "createdate": int(time.time())}
        secret.versions[token] = version
    return str(secret.to_short_dict())


def _is_under_way(secret: Any) -> bool:
    """Tell whether a version still waits to become current; AWS then goes on with that one."""
    labels = [set(version["version_stages"]) for version in secret.versions.values()]
    return any("AWSPENDING" in each and "AWSCURRENT" not in each for each in labels)


def _describe_with_rules(self: FakeSecret) -> dict[str, Any]:
    described = _describe(self)
    if "RotationRules" in described and hasattr(self, "rotation_rules"):
        described["RotationRules"] = self.rotation_rules
    return described
