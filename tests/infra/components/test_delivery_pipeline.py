"""The delivery pipeline: who takes its roles on."""

import dataclasses
from typing import Any

import pytest

from infra.components.delivery_pipeline import DeliveryPipeline, DeliveryPipelineArgs
from scripts.evaluation.recorder import Recording, record
from tests.infra.components.examples.operations import EXAMPLES

ISSUER = "token.actions.githubusercontent.com"


def made(**changes: Any) -> Recording:
    args = dataclasses.replace(EXAMPLES[DeliveryPipelineArgs].args(), **changes)
    return record(lambda: DeliveryPipeline("pipeline", args))


def trust(recording: Recording, role: str) -> dict[str, Any]:
    (statement,) = recording.one("iam/role:Role", role).json("assumeRolePolicy")["Statement"]
    found: dict[str, Any] = statement
    return found


@pytest.mark.parametrize(
    ("role", "subject"),
    [
        ("pipeline-deploy", "repo:acme/shop:environment:prod"),
        ("pipeline-preview", "repo:acme/shop:pull_request"),
    ],
)
def test_a_role_is_taken_on_by_one_kind_of_job_of_one_repository(role: str, subject: str) -> None:
    statement = trust(made(), role)
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Condition"] == {
        "StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": subject}
    }


def test_the_account_comes_to_trust_github() -> None:
    provider = made().one("OpenIdConnectProvider").inputs
    assert (provider["url"], provider["clientIdLists"]) == (f"https://{ISSUER}", ["sts.amazonaws.com"])


def test_a_provider_that_is_there_is_adopted() -> None:
    recording = made(adopt=True)
    assert not recording.of("OpenIdConnectProvider")
    federated = trust(recording, "pipeline-deploy")["Principal"]["Federated"]
    assert federated == f"arn:aws:iam::1:oidc-provider/{ISSUER}"


def test_a_preview_holds_only_what_reads() -> None:
    attached = [it for it in made().of("RolePolicyAttachment") if it.name.startswith("pipeline-preview-")]
    assert attached
    assert all("-pipeline-read-" in it.inputs["policyArn"] for it in attached)


def test_a_session_lasts_as_long_as_a_deployment_may() -> None:
    role = made(session_hours=3).one("iam/role:Role", "pipeline-deploy").inputs
    assert role["maxSessionDuration"] == 3 * 3600
