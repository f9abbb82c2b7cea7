"""Cognito: a user pool keeps its feature plan through an update, and has one from the start.

Needed for moto 5.2.5, which tells the plan only if the last call named it.
"""

from typing import Any

from moto.cognitoidp.models import CognitoIdpUserPool

_update = CognitoIdpUserPool.update_extended_config
TIER = "UserPoolTier"
DEFAULT = "ESSENTIALS"
"""Of pools that nobody says anything about."""


def install() -> None:
    """Keep the plan."""
    CognitoIdpUserPool.update_extended_config = _update_with_tier  # type: ignore[method-assign]


def _update_with_tier(self: CognitoIdpUserPool, extended_config: dict[str, Any]) -> None:
    before = vars(self).get("extended_config", {}).get(TIER, DEFAULT)
    _update(self, {TIER: before, **(extended_config or {})})
