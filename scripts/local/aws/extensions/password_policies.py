"""Cognito: what a pool's password policy does not ask for need not be in a password.

Needed for moto 5.2.5, which asks for capitals, digits and symbols unless the policy says that it does not:
who leaves out what is false, as the Terraform provider does, would get a pool that takes no sentence.
"""

from moto.cognitoidp.models import CognitoIdpBackend

_validate = CognitoIdpBackend._validate_password
RULES = ("RequireLowercase", "RequireNumbers", "RequireSymbols", "RequireUppercase")


def install() -> None:
    """Ask for what the policy asks for."""
    CognitoIdpBackend._validate_password = _validate_as_asked  # type: ignore[method-assign]


def _validate_as_asked(self: CognitoIdpBackend, user_pool_id: str, password: str) -> None:
    policy = self.describe_user_pool(user_pool_id).extended_config.get("Policies", {}).get("PasswordPolicy")
    if policy:  # without one, Cognito's own asks for all of them
        for rule in RULES:
            policy.setdefault(rule, False)
    _validate(self, user_pool_id, password)
