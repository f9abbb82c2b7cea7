"""The secret that another company signs with."""

from typing import Any

import pulumi

from infra.components import policy
from infra.components.policy import Role
from infra.components.provider_secret import ProviderSecret, ProviderSecretArgs
from scripts.evaluation.recorder import Recording, record

VERSION = "secretsmanager/secretVersion:SecretVersion"
POLICY = "iam/rolePolicy:RolePolicy"


def recorded(**own: Any) -> Recording:
    def program() -> None:
        given: dict[str, Any] = {"provider": "bank", "protect": False, "regions": ["eu-west-1"]} | own
        args = ProviderSecretArgs(**given)
        secret = ProviderSecret("payments", args)
        secret.here.grant_read(_role("here"))
        secret.at("eu-west-1", "1").grant_read(_role("there"))

    return record(program)


def _role(name: str) -> Role:
    return policy.service_role(name, "lambda.amazonaws.com", "d", pulumi.ResourceOptions())


def test_the_first_value_is_random_and_the_providers_own_is_never_overwritten() -> None:
    version = recorded().one(VERSION)

    assert version.json("secretString")["username"] == "bank"
    assert {"secretString"} <= version.secrets
    assert {"secretString", "versionStages"} <= set(version.ignores)


def test_it_is_read_where_it_is_and_in_the_other_region_by_what_is_known_of_its_name() -> None:
    here, there = sorted(recorded().of(POLICY), key=lambda it: it.name)

    [own] = here.json("policy")["Statement"]
    [copy] = there.json("policy")["Statement"]
    assert own["Action"] == copy["Action"] == ["secretsmanager:GetSecretValue"]
    assert own["Resource"][0].startswith("arn:aws:secretsmanager:us-east-1:")
    assert copy["Resource"][0].startswith("arn:aws:secretsmanager:eu-west-1:1:secret:payments-")
    assert copy["Resource"][0].endswith("-??????")


def test_what_is_protected_can_be_restored() -> None:
    for protect, days in ((True, 30), (False, 0)):
        secret = recorded(protect=protect).one("secretsmanager/secret:Secret")
        assert secret.inputs["recoveryWindowInDays"] == days
