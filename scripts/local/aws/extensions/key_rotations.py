"""KMS: how often a key is replaced reads back. Needed for moto 5.2.5, which knows only whether it is."""

import json

from moto.kms.responses import KmsResponse

_enable = KmsResponse.enable_key_rotation
_status = KmsResponse.get_key_rotation_status
DAYS = 365
"""Between two rotations, unless somebody says otherwise."""


def install() -> None:
    """Keep the period with the key."""
    KmsResponse.enable_key_rotation = _enable_with_period  # type: ignore[method-assign]
    KmsResponse.get_key_rotation_status = _status_with_period  # type: ignore[method-assign]


def _enable_with_period(self: KmsResponse) -> str:
    answer = _enable(self)
    _key(self)["rotation_period"] = self._get_param("RotationPeriodInDays") or DAYS
    return answer


def _status_with_period(self: KmsResponse) -> str:
    status = json.loads(_status(self))
    if status["KeyRotationEnabled"]:
        status["RotationPeriodInDays"] = _key(self)["rotation_period"]
    return json.dumps(status)


def _key(response: KmsResponse) -> dict[str, object]:
    """What is known of the key that is asked about."""
    backend = response.kms_backend
    return vars(backend.keys[backend.get_key_id(response._get_param("KeyId"))])
