"""Secrets Manager: a replica of a secret is found by its ARN without the six characters that end it.

Needed for moto 5.2.5, which finds a secret by such an ARN, and a replica by its whole one alone.
"""

from moto.secretsmanager.models import FakeSecret, ReplicaSecret, SecretsStore
from moto.secretsmanager.utils import get_secret_name_from_partial_arn

_getitem = SecretsStore.__getitem__
_contains = SecretsStore.__contains__
_get = SecretsStore.get


def install() -> None:
    """Look for a name where the key is no ARN that there is."""
    SecretsStore.__getitem__ = _find  # type: ignore[method-assign]
    SecretsStore.__contains__ = _has  # type: ignore[method-assign]
    SecretsStore.get = _find_or_none  # type: ignore[method-assign]


def _find(self: SecretsStore, key: str) -> FakeSecret | ReplicaSecret:
    return _getitem(self, _known(self, key))


def _has(self: SecretsStore, key: str) -> bool:
    return _contains(self, _known(self, key))


def _find_or_none(self: SecretsStore, key: str) -> FakeSecret | ReplicaSecret | None:
    return _get(self, _known(self, key))


def _known(store: SecretsStore, key: str) -> str:
    whole = any(secret.arn == key for secret in dict.values(store))
    return key if whole else get_secret_name_from_partial_arn(key)
